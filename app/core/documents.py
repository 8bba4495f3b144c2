"""Documents that follow from the code: settings, errors, permissions; a test keeps the written ones true."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.core import errors
from app.core.config import Settings
from app.core.errors import AgentGraphError
from app.core.i18n import Language
from app.core.permissions import BY_KIND, INSTALLATION, MANAGEMENT, SENTENCES, Permission, UserKind
from app.core.setting_sources import variable_of

WRITTEN_BY: Final = "Written by `make docs`; change the code and run it again."


def error_modules() -> list[ModuleType]:
    """`app.core.errors` and its parts, imported."""
    parts = pkgutil.iter_modules(errors.__path__, f"{errors.__name__}.")
    return [errors, *(importlib.import_module(part.name) for part in parts)]


def all_errors() -> list[type[AgentGraphError]]:
    """Every class of the tree below `app.core.errors` that a request can end in, by status and code."""
    modules = {module.__name__ for module in error_modules()}
    found = {error for error in _descendants(AgentGraphError) if error.__module__ in modules}
    return sorted(found, key=lambda error: (error.status, error.code))


def settings_document() -> str:
    """`docs/settings.md`."""
    rows = [
        f"| `{variable_of(name, field)}` | {_type_of(field)} | {_shown_default(field)} | {_cell(field.description)} |"
        for name, field in Settings.model_fields.items()
    ]
    intro = "Read once, when a process starts, from the environment and from a file `.env` in the working folder."
    return _page("Settings", intro, "| variable | type | default | meaning |", rows)


def environment_example() -> str:
    """`.env.example`: every setting with its default, commented out."""
    lines = ["# Copy to .env and uncomment what you change. Written by `make docs`; see docs/settings.md.", ""]
    for name, field in Settings.model_fields.items():
        lines += [f"# {_cell(field.description)}", f"# {variable_of(name, field)}={_default(field)}", ""]
    return "\n".join(lines)


def errors_document() -> str:
    """`docs/errors.md`."""
    rows = [
        f"| `{error.code}` | {error.status} | {error.title.to(Language.EN)} | {_cell(error.detail.to(Language.EN))} |"
        for error in all_errors()
    ]
    intro = (
        "Every refused or failed request is answered by a problem document (RFC 9457, `application/problem+json`);\n"
        "its `type` is `urn:agentgraph:error:` and the code. Words in braces are filled in, and come as fields too.\n"
        "`trace_id` finds the request in the logs; `errors` names the fields at fault by JSON pointers. Titles and\n"
        "details follow `Accept-Language` (en, pt-BR); codes never change."
    )
    return _page("Errors", intro, "| code | status | title | detail |", rows)


def permissions_document() -> str:
    """`docs/permissions.md`."""
    rows = [
        f"| `{permission.value}` | {SENTENCES[permission].to(Language.EN)} | {_marks(permission)} |"
        for permission in Permission
    ]
    intro = (
        "A route declares the permission it needs (`x-permission` in the OpenAPI document). Rights are read anew for\n"
        "every request, so that a change counts at once. A kind of user holds by default what is marked.\n\n"
        "- An ADMIN holds everything. A MASTER holds its default, plus grants, minus denials.\n"
        "- A NORMAL user holds what its role says (without one: the default), plus grants, minus denials.\n"
        "- What a MASTER gave is bounded by what that MASTER holds at this moment. A denial wins over everything.\n"
        f"- No role and no grant gives a NORMAL user {', '.join(f'`{area}:*`' for area in _management())}.\n"
        f"- Only an ADMIN holds {', '.join(f'`{permission.value}`' for permission in sorted(INSTALLATION))}."
    )
    header = "| permission | allows to | " + " | ".join(kind.value for kind in UserKind) + " |"
    return _page("Permissions", intro, header, rows)


DOCUMENTS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "docs/settings.md": settings_document,
        "docs/errors.md": errors_document,
        "docs/permissions.md": permissions_document,
        ".env.example": environment_example,
    }
)
"""What is generated, by its path in the checkout."""


def write_documents(checkout: Path) -> None:
    """Writes all of DOCUMENTS below `checkout`."""
    for path, render in DOCUMENTS.items():
        target = checkout / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(), encoding="utf-8")


def _descendants(error: type[AgentGraphError]) -> Iterator[type[AgentGraphError]]:
    for child in error.__subclasses__():
        yield child
        yield from _descendants(child)


def _page(title: str, intro: str, header: str, rows: list[str]) -> str:
    rule = "|" + "---|" * (header.count("|") - 1)
    return "\n".join([f"# {title}", "", intro, "", header, rule, *rows, "", WRITTEN_BY, ""])


def _type_of(field: FieldInfo) -> str:
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    if field.annotation is not None and getattr(field.annotation, "__origin__", None) in {list, dict}:
        return "JSON"
    return ", ".join("secret text" if kind is SecretStr else _plain(kind) for kind in kinds)


def _plain(kind: Any) -> str:
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    return names.get(kind, getattr(kind, "__name__", str(kind)))


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    return json.dumps(value) if isinstance(value, (bool, list, dict)) else str(value)


def _shown_default(field: FieldInfo) -> str:
    default = _default(field)
    return f"`{default}`" if default else "unset"


def _management() -> list[str]:
    return sorted({permission.value.split(":")[0] for permission in MANAGEMENT})


def _marks(permission: Permission) -> str:
    return " | ".join("yes" if permission in BY_KIND[kind] else "" for kind in UserKind)


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
