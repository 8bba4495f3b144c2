"""Settings of an installation whose models are the fake providers."""

from pydantic import SecretStr

from app.core.config import Settings
from tests.fakes.server import FakeProviders


def with_models(settings: Settings, providers: FakeProviders, **values: object) -> Settings:
    """`settings` with a key and the address of the fake OpenAI, and `values` in the types of their fields."""
    models = {"openai_base_url": providers.urls["openai"], "openai_api_key": SecretStr("fake")}
    return settings.model_copy(update={**models, **values})
