"""Routes for API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import ValidationFailed
from app.core.errors.accounts import ScopeNotHeld
from app.core.permissions import Permission
from app.schemas.api_keys import ApiKeyCreate, ApiKeyMade, ApiKeyRead
from app.schemas.common import PageRead
from app.services.accounts import api_keys

router = APIRouter(prefix="/auth/api-keys", tags=["auth"])


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(ScopeNotHeld, ValidationFailed))
async def create_api_key(
    actor: Annotated[Actor, Depends(requires(Permission.API_KEYS_CREATE))], body: ApiKeyCreate, session: SessionDep
) -> ApiKeyMade:
    """Makes a key and shows it once. Send it as `Authorization: Bearer ag_…` or as `X-API-Key`.

    What may be done with it is its scopes and, at every moment, what its owner may do.
    """
    return ApiKeyMade.of(await api_keys.create(session, actor, body))


@router.get("")
async def list_api_keys(
    actor: Annotated[Actor, Depends(requires(Permission.API_KEYS_READ))], session: SessionDep, page: PageDep
) -> PageRead[ApiKeyRead]:
    """One's own keys, newest first, with the first characters of each and its last use."""
    return PageRead[ApiKeyRead].model_validate(await api_keys.list_page(session, actor, page))


@router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_api_key(
    actor: Annotated[Actor, Depends(requires(Permission.API_KEYS_REVOKE))], key_id: UUID, session: SessionDep
) -> None:
    """Ends a key at once."""
    await api_keys.revoke(session, actor, key_id)
