"""What schemathesis loads for `make fuzz`: ids of things that exist, in place of half of the invented ones."""

import json
import os
import random
from typing import Any, Final

import schemathesis

KNOWN: Final[dict[str, list[str]]] = json.loads(os.environ["AGENTGRAPH_FUZZ_IDS"])
"""By the name of a path parameter or of a field of a body."""
SHARE: Final = 0.6
"""Part of the requests that are about something that exists."""
_random = random.Random(int(os.environ["AGENTGRAPH_FUZZ_SEED"]))


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: "schemathesis.Case[Any]", **_: Any) -> None:  # noqa: ARG001
    """Puts known ids into the path and the body of `case`."""
    if _random.random() > SHARE:
        return
    if isinstance(case.path_parameters, dict):
        _replace(case.path_parameters)
    if isinstance(case.body, dict):
        _replace(case.body)


@schemathesis.serializer("application/x-ndjson")
def json_lines(context: schemathesis.SerializationContext, value: object) -> bytes:  # noqa: ARG001
    """Text as it is; anything else as one line of JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()


def _replace(values: dict[str, Any]) -> None:
    for name, known in KNOWN.items():
        if name in values and known:
            values[name] = _random.choice(known)
    if "source_ids" in values and KNOWN.get("file_id"):
        values["source_ids"] = KNOWN["file_id"][:1]
