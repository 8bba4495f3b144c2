"""Route for the models of the installation."""

from typing import Annotated

from fastapi import APIRouter, Depends

from app.api.deps import PlatformDep, requires
from app.core.actor import Actor
from app.core.permissions import Permission
from app.schemas.models import ModelList
from app.services.agents import models

router = APIRouter(prefix="/models", tags=["models"])


@router.get("")
async def list_models(
    _: Annotated[Actor, Depends(requires(Permission.MODELS_READ))], platform: PlatformDep
) -> ModelList:
    """The models that agents may name; one that cannot be used says which setting it lacks."""
    return models.listed(platform.settings)
