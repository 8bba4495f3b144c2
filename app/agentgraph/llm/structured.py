"""JSON answers: the schema that a model is given, the words that ask for it, and a patient reading of what comes."""

import json
import re
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

_THOUGHTS = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)


@lru_cache(maxsize=64)
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """`model` as a named strict JSON schema: its fields must have no defaults and it must forbid others."""
    schema = model.model_json_schema()
    description = schema.pop("description", "")
    return {"name": model.__name__, "description": description, "strict": True, "schema": schema}


@lru_cache(maxsize=64)
def instruction(model: type[BaseModel]) -> str:
    """The sentence that asks for an answer in the form of `model`."""
    schema = schema_of(model)
    return (
        f"Answer with one JSON object of the form {schema['name']} and nothing else. "
        f"Its JSON schema: {json.dumps(schema['schema'], ensure_ascii=False)}"
    )


def without_thoughts(text: str) -> str:
    """`text` without what a reasoning model thought aloud."""
    return _THOUGHTS.sub("", text)


def read_json(text: str) -> Any:
    """The JSON object inside `text`, with whatever thoughts, fences or words around it. Raises ValueError."""
    bare = without_thoughts(text)
    start, end = bare.find("{"), bare.rfind("}")
    if start < 0 or end < start:
        raise ValueError("no JSON object")
    return json.loads(bare[start : end + 1], strict=False)
