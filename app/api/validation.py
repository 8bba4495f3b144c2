"""Validation errors as JSON pointers and sentences in the reader's language; the refused input is never repeated."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.i18n import Language, Text

PHRASES: dict[str, Text] = {
    "missing": Text(en="This field is required.", pt="Este campo é obrigatório."),
    "extra_forbidden": Text(en="There is no such field.", pt="Este campo não existe."),
    "json_invalid": Text(en="The body is not valid JSON.", pt="O corpo não é um JSON válido."),
    "string_type": Text(en="A text is expected.", pt="Espera-se um texto."),
    "string_too_short": Text(en="At least {min_length} characters.", pt="No mínimo {min_length} caracteres."),
    "string_too_long": Text(en="At most {max_length} characters.", pt="No máximo {max_length} caracteres."),
    "too_long": Text(en="At most {max_length} of them.", pt="No máximo {max_length}."),
    "too_short": Text(
        en="At least {min_length} characters or items.", pt="No mínimo {min_length} caracteres ou itens."
    ),
    "string_pattern_mismatch": Text(en="The format is not right.", pt="O formato não está certo."),
    "int_type": Text(en="A whole number is expected.", pt="Espera-se um número inteiro."),
    "int_parsing": Text(en="A whole number is expected.", pt="Espera-se um número inteiro."),
    "float_type": Text(en="A number is expected.", pt="Espera-se um número."),
    "float_parsing": Text(en="A number is expected.", pt="Espera-se um número."),
    "bool_type": Text(en="true or false is expected.", pt="Espera-se true ou false."),
    "bool_parsing": Text(en="true or false is expected.", pt="Espera-se true ou false."),
    "uuid_parsing": Text(en="This is not an id.", pt="Isto não é um id."),
    "uuid_type": Text(en="This is not an id.", pt="Isto não é um id."),
    "enum": Text(en="One of {expected} is expected.", pt="Espera-se um destes: {expected}."),
    "greater_than_equal": Text(en="Must be {ge} or more.", pt="Deve ser {ge} ou mais."),
    "less_than_equal": Text(en="Must be {le} or less.", pt="Deve ser {le} ou menos."),
    "list_type": Text(en="A list is expected.", pt="Espera-se uma lista."),
    "model_attributes_type": Text(en="An object is expected.", pt="Espera-se um objeto."),
    "model_type": Text(en="An object is expected.", pt="Espera-se um objeto."),
}
"""Own words for the kinds of error that people meet; the rest keeps the validator's English sentence."""

LOCATIONS = frozenset({"body", "query", "path", "header"})


def field_problems(errors: Sequence[Any], language: Language) -> list[dict[str, str]]:
    """The fields at fault, one entry each, from the validator's list."""
    return [_field_problem(error, language) for error in errors]


def _field_problem(error: Mapping[str, Any], language: Language) -> dict[str, str]:
    location, *path = error["loc"] or ("body",)
    if location not in LOCATIONS:
        location, path = "body", list(error["loc"])
    if error["type"] == "json_invalid":
        path = []
    return {
        "pointer": "".join(f"/{_escape(str(part))}" for part in path),
        "location": str(location),
        "code": error["type"],
        "detail": _sentence(error, language),
    }


def _sentence(error: Mapping[str, Any], language: Language) -> str:
    phrase = PHRASES.get(error["type"])
    if phrase is None:
        return str(error["msg"])
    return phrase.to(language, **error.get("ctx", {}))


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
