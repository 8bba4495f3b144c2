"""Shape of the models that an installation can use."""

from app.schemas.common import ResponseModel


class ModelRead(ResponseModel):
    """One model, and whether it can be used here."""

    id: str
    """`provider:model`, as agents name it."""
    name: str
    """What people call it; agents may name it so, too."""
    provider: str
    available: bool
    """Whether nothing lacks to use it."""
    missing_setting: str | None
    """Setting to set before the model can be used."""
    tools: bool
    structured_output: bool
    context_tokens: int
    output_tokens: int
    is_default: bool
    """Whether agents that name no model use this one."""


class ModelList(ResponseModel):
    """All models of the installation."""

    items: list[ModelRead]
    default: str | None
    """Model of agents that name none; null: the built-in planner answers them."""
