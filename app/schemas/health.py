"""Shapes of health."""

from typing import Literal

from app.schemas.common import ResponseModel


class Liveness(ResponseModel):
    """The process answers."""

    status: Literal["up"]


class ReadinessRead(ResponseModel):
    """Which parts of the installation answer."""

    is_ready: bool
    database: Literal["up", "down"]
    valkey: Literal["up", "down"]
