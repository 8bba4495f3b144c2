"""Which variable each setting is read from, where its value comes from, and which variables mean none."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource

from app.core.config import Settings
from app.core.logging import SECRET_VALUES

PREFIX: Final = "AGENTGRAPH_"
OF_THE_COMMANDS: Final = frozenset({"AGENTGRAPH_ADMIN_PASSWORD"})
"""Variables that single commands read."""


class SettingOrigin(StrEnum):
    """Where a value comes from; the first that has one wins."""

    ENVIRONMENT = "environment"
    ENV_FILE = "env_file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ToldSetting:
    """One setting as people may see it."""

    variable: str
    value: Any
    """As it counts; of a secret only whether there is one (`set`), and no password in an address."""
    origin: SettingOrigin
    meaning: str


def variable_of(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def told_settings(settings: Settings) -> list[ToldSetting]:
    """Every setting with its value, without secrets, and where it comes from."""
    given, filed = _names(os.environ), _names(_env_file())
    told = []
    for name, field in Settings.model_fields.items():
        variable = variable_of(name, field)
        origin = SettingOrigin.DEFAULT
        if variable in given:
            origin = SettingOrigin.ENVIRONMENT
        elif variable in filed:
            origin = SettingOrigin.ENV_FILE
        meaning = " ".join((field.description or "").split())
        told.append(ToldSetting(variable, _shown(getattr(settings, name)), origin, meaning))
    return told


def unknown_variables() -> dict[str, str | None]:
    """Variables that look like settings and mean none, each with the setting that it was probably meant to be."""
    known = {variable_of(name, field) for name, field in Settings.model_fields.items()} | OF_THE_COMMANDS
    given = {name for name in _names(os.environ) | _names(_env_file()) if name.startswith(PREFIX)}
    return {name: next(iter(get_close_matches(name, known, n=1)), None) for name in sorted(given - known)}


def _names(variables: Mapping[str, str | None]) -> set[str]:
    return {name.upper() for name in variables}


def _env_file() -> Mapping[str, str | None]:
    return DotEnvSettingsSource(Settings).env_vars


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, (str, Path)):
        return SECRET_VALUES.sub("[redacted]", str(value))
    return value
