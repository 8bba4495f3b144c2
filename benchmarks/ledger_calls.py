"""Calls as the servers had them against rows of the ledger, one by one.

The product tells each server the id that the call has in the ledger, so that nothing is guessed. What stands on one
side alone, or ended differently, is right only where its own circumstances explain it, and each of these is told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ROWS: Final = """
    SELECT r.*, q.cancel_requested_at IS NOT NULL OR j.fence > 1 OR q.error->>'code' = 'timed_out' AS was_stopped
      FROM usage_records r JOIN queries q ON q.id = r.query_id
      JOIN jobs j ON j.kind = 'run_query' AND j.subject_id = q.id
"""
"""The ledger, with whether the question of a call was cancelled, had to be claimed again, or ran out of its time."""
BROKEN_OFF: Final = "cut"
SHOWN: Final = 5
"""Examples of what is not explained."""


@dataclass(slots=True)
class Compared:
    """What was found: how often each thing that is right, and what is not, with examples."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def note(self, name: str, *, is_right: bool, **what: Any) -> None:
        """Counts one call or row."""
        (self.right if is_right else self.wrong)[name] += 1
        if not is_right and len(self.examples) < SHOWN:
            self.examples.append({"name": name, **{side: dict(one) for side, one in what.items() if one is not None}})


def compare(
    calls: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    *,
    killed: frozenset[int],
    model_timeout_s: float,
) -> Compared:
    """Every call against its row. `killed`: ports of the connections that killed workers had open."""
    found = Compared()
    by_id = {call["request"]: call for call in calls}
    last_of_port = {call["port"]: call["number"] for call in calls}
    for row in rows:
        call = by_id.get(str(row["id"]))
        name, is_right = _row(row, call, model_timeout_s)
        found.note(name, is_right=is_right, row=row, call=call)
    ids = {str(row["id"]) for row in rows}
    for call in calls:
        if by_id[call["request"]] is not call:
            found.note("id_of_two_calls", is_right=False, call=call)
        elif call["request"] not in ids:
            # A connection carries one call at a time, and one that was answered before the next was recorded before.
            in_hand = call["port"] in killed and last_of_port[call["port"]] == call["number"]
            name = "call_in_the_hands_of_a_killed_worker" if in_hand else "call_without_a_row"
            found.note(name, is_right=in_hand, call=call)
    return found


def _row(row: Mapping[str, Any], call: Mapping[str, Any] | None, model_timeout_s: float) -> tuple[str, bool]:
    """What a row is, beside its call, and whether that can be."""
    outcome = row["outcome"]
    if call is None:
        may_miss = outcome == "lost" or (outcome == "cancelled" and row["was_stopped"])
        return f"{outcome}_row_whose_call_never_arrived", may_miss
    if (row["provider"], row["model"]) != (call["provider"], call["model"]):
        return "row_of_another_model", False
    if outcome == "answered":
        told = (call["end"], call.get("tokens_in"), call.get("tokens_out"), str(call["number"]))
        kept = ("answered", row["tokens_in"], row["tokens_out"], _number(row["provider_call_id"]))
        return "answered", told == kept
    if outcome == "failed":
        return f"failed_by_{call.get('by')}", call["end"] == "failed"
    if outcome == "cancelled":
        return f"cancelled_while_{call['end']}", row["was_stopped"]
    if call.get("by") == BROKEN_OFF:
        return "lost_as_the_server_broke_off", True
    return f"lost_after_the_time_limit_while_{call['end']}", row["latency_s"] >= model_timeout_s


def _number(provider_call_id: str | None) -> str:
    """The number that a server has put into the id of its answer."""
    return (provider_call_id or "").rpartition("-")[2].rpartition("_")[2]


def sums(calls: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Calls and tokens as the servers count them and as the ledger does, and what the first have beyond the second.

    That is what was answered to nobody: the calls without a row, and those whose row has no answer.
    """
    answered = [call for call in calls if call["end"] == "answered"]
    heard = {str(row["id"]) for row in rows if row["outcome"] == "answered"}
    return {
        "servers": _sum(answered),
        "ledger": _sum([row for row in rows if row["outcome"] == "answered"]),
        "answered_to_nobody": _sum([call for call in answered if call["request"] not in heard]),
    }


def _sum(some: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        "answered": len(some),
        "tokens_in": sum(one["tokens_in"] for one in some),
        "tokens_out": sum(one["tokens_out"] for one in some),
    }
