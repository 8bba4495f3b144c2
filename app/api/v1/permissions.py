"""Route for the catalogue of permissions."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.api.deps import requires
from app.core.actor import Actor
from app.core.permissions import Permission
from app.schemas.permissions import PermissionCatalogue, PermissionRead

router = APIRouter(prefix="/permissions", tags=["permissions"])


@router.get("")
async def list_permissions(
    actor: Annotated[Actor, Depends(requires(Permission.PERMISSIONS_READ))],
) -> PermissionCatalogue:
    """Every permission, what it allows, and the kinds of user that hold it."""
    return PermissionCatalogue(items=[PermissionRead.of(permission, actor.language) for permission in Permission])
