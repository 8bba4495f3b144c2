"""Routes for what people may use, beyond what the installation sets for all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.api.deps import PlatformDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors.people import AboveOwnKind, AboveOwnQuota, NotYours, OwnAccount
from app.core.permissions import Permission
from app.schemas.quotas import OwnQuota, QuotaRead, QuotaWrite
from app.services.accounts import own_limits

router = APIRouter()


@router.get("/users/me/quota", tags=["users"])
async def read_own_quota(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_READ))], session: SessionDep, platform: PlatformDep
) -> OwnQuota:
    """One's own limits, and what is used of them."""
    return await own_limits.read_own(session, platform.settings, actor)


@router.get("/users/{user_id}/quota", tags=["users"])
async def read_user_quota(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_READ))], user_id: UUID, session: SessionDep
) -> QuotaRead:
    """Limits of one user; what is null comes from the role or the installation."""
    return await own_limits.read_of_user(session, actor, user_id)


@router.put("/users/{user_id}/quota", tags=["users"], responses=problems(AboveOwnKind, AboveOwnQuota, OwnAccount))
async def set_user_quota(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_UPDATE))],
    user_id: UUID,
    body: QuotaWrite,
    session: SessionDep,
    platform: PlatformDep,
) -> QuotaRead:
    """Sets limits of one user, which go before the role's; a MASTER gives no more than it has."""
    return await own_limits.set_of_user(session, platform.settings, actor, user_id, body)


@router.get("/roles/{role_id}/quota", tags=["roles"])
async def read_role_quota(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_READ))], role_id: UUID, session: SessionDep
) -> QuotaRead:
    """Limits of each user with a role; what is null comes from the installation."""
    return await own_limits.read_of_role(session, actor, role_id)


@router.put("/roles/{role_id}/quota", tags=["roles"], responses=problems(AboveOwnQuota, NotYours))
async def set_role_quota(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_UPDATE))],
    role_id: UUID,
    body: QuotaWrite,
    session: SessionDep,
    platform: PlatformDep,
) -> QuotaRead:
    """Sets limits of each user with a role; a MASTER gives no more than it has."""
    return await own_limits.set_of_role(session, platform.settings, actor, role_id, body)
