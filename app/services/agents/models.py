"""The models that this installation can use."""

from app.agentgraph.llm.registry import list_models, resolve_model
from app.core.config import Settings
from app.core.errors import UnknownModel
from app.schemas.models import ModelList, ModelRead
from app.services.engine.model_access import model_access


def listed(settings: Settings) -> ModelList:
    """Every known model, and what is missing where one cannot be used."""
    default = _default_id(settings)
    return ModelList(
        items=[
            ModelRead(
                id=model.id,
                name=model.name,
                provider=model.provider,
                available=model.available,
                missing_setting=model.missing_setting,
                tools=model.tools,
                structured_output=model.structured_output,
                context_tokens=model.context_tokens,
                output_tokens=model.output_tokens,
                is_default=model.id == default,
            )
            for model in list_models(model_access(settings))
        ],
        default=default,
    )


def _default_id(settings: Settings) -> str | None:
    if settings.default_model is None:
        return None
    try:
        return resolve_model(settings.default_model).id
    except UnknownModel:
        return None
