"""Shapes of quotas."""

from typing import Annotated

from pydantic import Field

from app.schemas.common import RequestModel, ResponseModel

Limit = Annotated[int, Field(ge=0, le=2**62)]


class QuotaWrite(RequestModel):
    """Limits as they shall be: null leaves one to the role's and then the installation's, 0 sets none."""

    questions_per_day: Limit | None = None
    tokens_per_day: Limit | None = None
    """Tokens of models, in and out."""
    storage_bytes: Limit | None = None


class QuotaRead(ResponseModel):
    """Limits as they are set here; null: not set here."""

    questions_per_day: int | None
    tokens_per_day: int | None
    storage_bytes: int | None


class OwnQuota(ResponseModel):
    """What one may use and has used; a limit of 0 sets none. Days are those of UTC."""

    questions_per_day: int
    questions_today: int
    tokens_per_day: int
    tokens_today: int
    storage_bytes: int
    stored_bytes: int
