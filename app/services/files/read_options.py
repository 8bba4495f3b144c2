"""What a sender knows of a file, from the request to its stored form and to the options of ingestion."""

from typing import Any

from pydantic import TypeAdapter

from app.ingestion.options import ReadOptions
from app.schemas.read_options import FileOptions

OPTIONS_JSON: TypeAdapter[ReadOptions] = TypeAdapter(ReadOptions)


def stored_options(given: FileOptions) -> dict[str, Any]:
    """`given` as it is stored, without what is to be detected."""
    return {name: value for name, value in given.model_dump(mode="json").items() if value not in (None, {})}


def options_of(stored: dict[str, Any]) -> ReadOptions:
    """The options that `stored_options` gave."""
    return OPTIONS_JSON.validate_python(stored)
