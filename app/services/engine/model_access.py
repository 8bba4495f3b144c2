"""What the settings of an installation grant the engine's model calls."""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import SecretStr

from app.agentgraph.context import ModelAccess, OwnPrice
from app.core.config import Settings


def model_access(
    settings: Settings, prices: Callable[[], Awaitable[Mapping[str, OwnPrice]]] | None = None
) -> ModelAccess:
    """Keys, addresses and limits of model calls, from the settings; `prices` gives the installation's own."""
    return ModelAccess(
        openai_api_key=_reveal(settings.openai_api_key),
        openai_base_url=settings.openai_base_url,
        anthropic_api_key=_reveal(settings.anthropic_api_key),
        anthropic_base_url=settings.anthropic_base_url,
        huggingface_api_key=_reveal(settings.huggingface_api_key),
        huggingface_endpoint_url=settings.huggingface_endpoint_url,
        google_api_key=_reveal(settings.google_api_key),
        google_base_url=settings.google_base_url,
        fallback=settings.fallback_model,
        timeout_s=settings.model_timeout_s,
        retries=settings.model_retries,
        prices=prices,
    )


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
