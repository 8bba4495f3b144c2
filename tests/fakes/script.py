"""What a fake provider answers: scripted replies first, then, by a table of questions, what a sensible model would."""

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.conversation import Conversation

SUMMARY_CHARS = 60
"""Of each turn that a summary adds."""
_ROWS = re.compile(r"<rows>\n(.*?)\n</rows>", re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """One answer, or one way of failing."""

    text: str = ""
    tools: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Tool calls: name and arguments."""
    json: Mapping[str, Any] | None = None
    """An answer in JSON, given in whichever way it was asked for."""
    status: int = 200
    retry_after: str | None = None
    too_long: bool = False
    """Refuses the prompt as too long, in the provider's own words."""
    hang: bool = False
    """Never answers."""
    cut: bool = False
    """Closes the connection in the middle of the answer."""
    rubbish: bool = False
    """Answers with something that is no JSON."""
    cached: int = 0
    """Tokens of the prompt that count as cached."""
    stored: int = 0
    """Tokens of the prompt that count as put into the cache, where the protocol tells them."""


@dataclass
class Script:
    """Replies in order; when they are used up, the table answers."""

    replies: deque[Reply] = field(default_factory=deque)
    table: dict[str, str] = field(default_factory=dict)
    """SQL by question."""
    chart: str = ""
    """Kind of chart that it takes when it is asked to choose."""
    latency_s: float = 0.0
    faults: tuple[Reply, ...] = ()
    """Ways of failing, in turn, each at every `fault_every`-th call that no reply was scripted for."""
    fault_every: int = 0
    _unscripted: int = 0

    @classmethod
    def of(cls, *replies: Reply, table: Mapping[str, str] | None = None, latency_s: float = 0.0) -> "Script":
        """A script with these replies."""
        return cls(deque(replies), {_fold(q): sql for q, sql in (table or {}).items()}, latency_s=latency_s)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Script":
        """A script from JSON: `replies` (fields of Reply; tools as [name, arguments]), `table`, `latency_s`, faults."""
        replies = [Reply(**{**reply, "tools": _tools(reply.get("tools", ()))}) for reply in data.get("replies", ())]
        script = cls.of(*replies, table=data.get("table"), latency_s=data.get("latency_s", 0.0))
        script.faults = tuple(Reply(**fault) for fault in data.get("faults", ()))
        script.fault_every = data.get("fault_every", 0)
        return script

    @classmethod
    def load(cls, path: Path) -> "Script":
        """A script from a JSON file."""
        return cls.read(json.loads(path.read_text(encoding="utf-8")))

    def next(self, conversation: Conversation) -> Reply:
        """The answer to `conversation`."""
        if self.replies:
            return self.replies.popleft()
        self._unscripted += 1
        turn, rest = divmod(self._unscripted, self.fault_every or self._unscripted + 1)
        return self._sensible(conversation) if rest else self.faults[turn % len(self.faults)]

    def _sensible(self, conversation: Conversation) -> Reply:
        sql = self.table.get(_fold(conversation.question), "")
        match conversation.schema:
            case "Proposal":
                return Reply(
                    json={"sql": sql, "reading": "", "assumptions": [], "notes": "" if sql else "not in the table"}
                )
            case "QuestionRefinement":
                return Reply(json={"question": conversation.question, "changes": [], "reason": "It is clear."})
            case "ChartPick":
                return Reply(json={"type": self.chart})
            case "Action":
                return Reply(json=_action(sql, conversation))
        if "run_sql" in conversation.tools:
            return _turn(sql, conversation)
        turns = conversation.between("turns")
        if turns:
            return Reply(text=_summary(conversation.between("summary"), turns))
        return Reply(text=conversation.between("answer") or "I have nothing to say.")


def _summary(before: str, turns: str) -> str:
    """What was said so far, and the beginning of each new turn without its number."""
    new = [re.sub(r"^\[\d+\] ", "", line)[:SUMMARY_CHARS] for line in turns.splitlines()]
    return " ".join([before, *new]).strip()


def _tools(calls: Sequence[Sequence[Any]]) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return tuple((call[0], call[1]) for call in calls)


def _fold(question: str) -> str:
    return " ".join(question.casefold().split()).rstrip("?!. ")


def _turn(sql: str, conversation: Conversation) -> Reply:
    rows = _answer_from_rows(conversation)
    if rows:
        return Reply(text=rows)
    if not sql:
        return Reply(tools=(("decline", {"reason": "not in the table"}),))
    return Reply(tools=(("run_sql", {"sql": sql}),))


def _action(sql: str, conversation: Conversation) -> dict[str, Any]:
    rows = _answer_from_rows(conversation)
    if rows:
        return {"action": "answer", "text": rows}
    return {"action": "run_sql", "sql": sql} if sql else {"action": "decline", "reason": "not in the table"}


def _answer_from_rows(conversation: Conversation) -> str:
    """A sentence from the rows that came last, empty before any came; it holds no number of its own."""
    blocks = _ROWS.findall(conversation.text)
    if not blocks:
        return ""
    rows = [json.loads(line) for line in blocks[-1].splitlines()[1:4]]
    return "; ".join(", ".join(str(cell) for cell in row) for row in rows) + "." if rows else "No rows."
