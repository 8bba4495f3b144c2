"""The trace that an agent with `debug` keeps of each run: what models and sources were asked, without data or secrets.

Texts lose their secrets as log lines do. Of the blocks of a prompt that hold data of the source, and of what tools gave
back, only the size is told; of a schema the names and types. Statements and the models' own words stay: the query holds
both already.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage

from app.agentgraph.outcome import Attempt, ModelCall
from app.core.errors import RefusedByPolicy
from app.core.logging import without_secrets

MAX_TRACE_BYTES: Final = 262_144
"""Of the steps of one run, as JSON; about twenty model calls with their prompts. Later steps are counted only."""
MAX_TEXT_CHARS: Final = 16_000
"""Of one text; the longest prompt without its data has about 4,000, and an agent's instructions at most 8,000."""
_DATA = re.compile(r"<(rows|values|answer|conversation)>\n(.*?)\n</\1>", re.DOTALL)
_SCHEMA = re.compile(r"<schema>\n(.*?)\n</schema>", re.DOTALL)
_NAMES = re.compile(r'^(?:table ".*|  "[^"]*": \w+)', re.MULTILINE)
"""Lines of `agents.schema_text`: of a column no more than name and type, because ranges and examples are data."""


class Trace:
    """The steps of one run, in the order in which they ended."""

    def __init__(self) -> None:
        self._steps: list[dict[str, Any]] = []
        self._size = self._dropped = 0
        self._told: set[str] = set()
        """Messages that a step holds: a conversation with a model repeats them at every turn."""

    @property
    def steps(self) -> list[dict[str, Any]]:
        """What was kept, as JSON values; the last one tells how many steps there was no room for, if any."""
        return [*self._steps, {"kind": "cut", "steps": self._dropped}] if self._dropped else [*self._steps]

    def add_node(self, name: str, elapsed_s: float) -> None:
        """A node of the graph that ended, after the calls and statements that it made."""
        self._add({"kind": "node", "node": name, "elapsed_s": elapsed_s})

    def add_statement(self, attempt: Attempt) -> None:
        """A statement and its fate; why only where the gate refused it: a server's own words may quote its data."""
        step = {
            "kind": "sql",
            "node": attempt.author,
            "sql": _kept(attempt.sql),
            "status": attempt.status,
            "rows": attempt.rows,
            "elapsed_s": round(attempt.elapsed_s, 6),
        }
        if attempt.status == RefusedByPolicy.code and attempt.detail:
            step["detail"] = _kept(attempt.detail)
        self._add(step)

    def add_call(self, call: ModelCall, messages: Sequence[BaseMessage], *, is_replayed: bool) -> None:
        """A request to a model, with the messages that no earlier step holds, and its answer if one came."""
        answer: dict[str, Any] = call.answer
        tools = [*answer.get("tool_calls", []), *answer.get("invalid_tool_calls", [])]
        self._add(
            {
                "kind": "model",
                "node": call.node,
                "model": f"{call.provider}:{call.model}",
                "outcome": call.outcome.value,
                "replayed": is_replayed,
                "messages": list(self._new(messages)),
                "answer": _kept(str(AIMessage(answer.get("content", "")).text)),
                "tools": [{"name": tool["name"] or "", "arguments": _kept(_json(tool["args"]))} for tool in tools],
                "tokens_in": call.tokens_in,
                "tokens_out": call.tokens_out,
                "tokens_cached": call.tokens_cached,
                "elapsed_s": round(call.latency_s, 6),
            }
        )

    def _new(self, messages: Sequence[BaseMessage]) -> Iterator[dict[str, str]]:
        """Those that were not told, the model's own left out: they are the answers of earlier steps."""
        is_opening = True
        for message in messages:
            text = str(message.text)
            if message.type == "ai":
                is_opening = False
            elif text not in self._told:
                self._told.add(text)
                # What follows a model's own words is what its tools gave, whichever side it is sent as.
                shown = _kept(_without_data(text)) if is_opening else _size_of(text)
                yield {"role": message.type if is_opening else "tool", "text": shown}

    def _add(self, step: dict[str, Any]) -> None:
        size = len(_json(step).encode(errors="replace"))
        if self._dropped or self._size + size > MAX_TRACE_BYTES:
            self._dropped += 1
        else:
            self._size += size
            self._steps.append(step)


def _without_data(text: str) -> str:
    named = _SCHEMA.sub(lambda found: "<schema>\n" + "\n".join(_NAMES.findall(found[1])) + "\n</schema>", text)
    return _DATA.sub(lambda found: f"<{found[1]}>{_size_of(found[2])}</{found[1]}>", named)


def _size_of(text: str) -> str:
    return f"[{len(text)} characters of data]"


def _kept(text: str) -> str:
    """`text` without secrets, and then cut, so that no cut makes a secret unlike one."""
    clean: str = without_secrets({"text": text})["text"]
    rest = len(clean) - MAX_TEXT_CHARS
    return clean if rest <= 0 else f"{clean[:MAX_TEXT_CHARS]}… [{rest} characters more]"


def _json(value: Any) -> str:
    shown = without_secrets(value) if isinstance(value, dict) else value
    return json.dumps(shown, ensure_ascii=False, default=str)
