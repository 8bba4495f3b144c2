"""What a sender knows of a file, from JSON to the options of ingestion and back."""

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.core.errors import ValidationFailed
from app.core.i18n import Text
from app.ingestion.options import ReadOptions

OPTIONS_JSON: TypeAdapter[ReadOptions] = TypeAdapter(ReadOptions)
_UNKNOWN = Text(
    en="There is no option '{option}'. There are: {options}.", pt="Não existe a opção '{option}'. Há: {options}."
)
_WRONG = Text(en="The option does not have the right form.", pt="A opção não tem a forma certa.")


def checked(wanted: dict[str, Any]) -> dict[str, Any]:
    """`wanted` as it is stored, without what is to be detected. Raises ValidationFailed for what ingestion has not."""
    known = [field.name for field in fields(ReadOptions)]
    for name in wanted:
        if name not in known:
            raise ValidationFailed(_UNKNOWN, pointer=f"/options/{name}", option=name[:80], options=", ".join(known))
    try:
        options = OPTIONS_JSON.validate_python(wanted)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise ValidationFailed(_WRONG, pointer=f"/options/{place}") from error
    stored: dict[str, Any] = OPTIONS_JSON.dump_python(options, mode="json")
    return {name: value for name, value in stored.items() if value not in (None, {})}


def options_of(stored: dict[str, Any]) -> ReadOptions:
    """The options that `checked` gave."""
    return OPTIONS_JSON.validate_python(stored)
