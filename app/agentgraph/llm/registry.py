"""Which models can be used: the registry file, names of known providers, and what the installation lacks for each."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.agentgraph.context import ModelAccess
from app.core.errors import ModelNotConfigured, UnknownModel

REGISTRY_FILE = Path(__file__).parents[1] / "models.toml"


class Provider(StrEnum):
    """Whose protocol a model speaks; an OpenAI-compatible server is `openai` with a base URL."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    HUGGINGFACE = "huggingface"
    GOOGLE = "google"


class Structured(StrEnum):
    """How a model is brought to answer in JSON."""

    JSON_SCHEMA = "json_schema"
    TOOL = "tool"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model: its names, abilities and limits."""

    name: str
    provider: Provider
    model: str
    """The provider's own name of it."""
    tools: bool = True
    structured: Structured = Structured.PROMPT
    temperature: bool = True
    context: int = 32_000
    """Tokens that it reads at the most."""
    output: int = 4096
    """Tokens that it may write in one answer."""
    route: str | None = None
    """Which inference provider of HuggingFace's public router serves it."""
    prices: str | None = None
    """Provider of the price list, when it is not `provider`."""

    @property
    def id(self) -> str:
        """`provider:model`."""
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as people choose it, and whether this installation can use it."""

    id: str
    name: str
    provider: str
    available: bool
    missing_setting: str | None
    tools: bool
    structured_output: bool
    context_tokens: int
    output_tokens: int


_SETTINGS = {
    Provider.OPENAI: "OPENAI_API_KEY",
    Provider.ANTHROPIC: "ANTHROPIC_API_KEY",
    Provider.HUGGINGFACE: "HF_TOKEN",
    Provider.GOOGLE: "GOOGLE_API_KEY",
}
_DEFAULT_STRUCTURED = {
    Provider.OPENAI: Structured.PROMPT,
    Provider.ANTHROPIC: Structured.TOOL,
    Provider.HUGGINGFACE: Structured.PROMPT,
    Provider.GOOGLE: Structured.JSON_SCHEMA,
}
"""For models that the registry does not know. OpenAI-compatible servers differ in the JSON modes that they accept."""


@lru_cache(maxsize=1)
def registry() -> tuple[ModelSpec, ...]:
    """All models of the registry file, in its order."""
    entries = tomllib.loads(REGISTRY_FILE.read_text(encoding="utf-8"))["model"]
    return tuple(_spec(entry) for entry in entries)


def resolve_model(name: str) -> ModelSpec:
    """The model called `name`: a display name, `provider:model`, or the provider's own name of a listed model.

    Letter case counts only for models that the registry does not list. Raises UnknownModel.
    """
    wanted = name.strip().casefold()
    for spec in registry():
        if wanted in {spec.name.casefold(), spec.id.casefold(), spec.model.casefold()}:
            return spec
    provider, colon, model = name.strip().partition(":")
    if not colon or not model or provider not in set(Provider):
        raise UnknownModel(model=name)
    known = Provider(provider)
    return ModelSpec(name=model, provider=known, model=model, structured=_DEFAULT_STRUCTURED[known])


def list_models(access: ModelAccess) -> list[ModelInfo]:
    """Every model of the registry, with the setting that it lacks where it cannot be used."""
    return [_info(spec, missing_setting(spec, access)) for spec in registry()]


def missing_setting(spec: ModelSpec, access: ModelAccess) -> str | None:
    """The setting without which `spec` cannot be called; None when nothing lacks.

    A base URL of one's own needs no key: most local servers have none.
    """
    key, url = credentials(spec, access)
    return None if key or url else _SETTINGS[spec.provider]


def require_configured(spec: ModelSpec, access: ModelAccess) -> None:
    """Raises ModelNotConfigured when `spec` cannot be called here."""
    missing = missing_setting(spec, access)
    if missing:
        raise ModelNotConfigured(model=spec.name, setting=missing)


def credentials(spec: ModelSpec, access: ModelAccess) -> tuple[str | None, str | None]:
    """Key and base URL that the installation has for the provider of `spec`."""
    return {
        Provider.OPENAI: (access.openai_api_key, access.openai_base_url),
        Provider.ANTHROPIC: (access.anthropic_api_key, access.anthropic_base_url),
        Provider.HUGGINGFACE: (access.huggingface_api_key, access.huggingface_endpoint_url),
        Provider.GOOGLE: (access.google_api_key, access.google_base_url),
    }[spec.provider]


def _spec(entry: dict[str, Any]) -> ModelSpec:
    fields = dict(entry)
    provider, _, model = str(fields.pop("id")).partition(":")
    fields["structured"] = Structured(fields.get("structured", Structured.PROMPT))
    return ModelSpec(provider=Provider(provider), model=model, **fields)


def _info(spec: ModelSpec, missing: str | None) -> ModelInfo:
    return ModelInfo(
        id=spec.id,
        name=spec.name,
        provider=spec.provider.value,
        available=missing is None,
        missing_setting=missing,
        tools=spec.tools,
        structured_output=spec.structured is not Structured.PROMPT,
        context_tokens=spec.context,
        output_tokens=spec.output,
    )
