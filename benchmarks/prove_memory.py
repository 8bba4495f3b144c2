"""`make prove-memory`: a session of two hundred questions to a model that a protocol server stands in for.

Of every question: what it was sent of the conversation (GET /context before it) against the budget, and the tokens of
its calls as the server counted them. Then what the summaries cost, by the ledger, and whether a fact of the third
question is still told at the two hundredth. Exit code 1 when the budget is passed, the fact lost, or no summary made.
"""

import argparse
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from benchmarks.figures import percentile, report
from benchmarks.system import TABLE, fake_providers, provider_settings, running_system, sign_up

MODEL: Final = "openai:gpt-4o-mini"
FACT: Final = 3
"""The question whose answer is asked for again at the end."""
FACT_ASKED: Final = "Which weather had the most hours of lightning in the harbour district?"
FACT_SOUGHT: Final = "what did you say about lightning strikes at the port?"
FACT_SQL: Final = f"SELECT 'sun' AS weather, 4711 AS hours FROM {TABLE} LIMIT 1"
FACT_TOLD: Final = "4711"
TOPICS: Final = ("mm of rain", "degrees at noon", "knots of wind", "degrees at night")
COLUMNS: Final = ("precipitation", "temp_max", "wind", "temp_min")
TIMEOUT_S: Final = 120.0
SETTINGS: Final = {"AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600"}
"""Nobody has to sign in again within an hour."""
SETTLE_S: Final = 300.0
"""Longest wait for the workers to index and summarise what was asked."""


@dataclass(slots=True)
class Told:
    """What was sent with each question."""

    budget: int = 0
    context: list[int] = field(default_factory=list)
    """Estimated tokens of the conversation, before each question."""
    calls: list[int] = field(default_factory=list)
    """Tokens of each question's calls, in."""
    failed: list[str] = field(default_factory=list)


def question(number: int) -> str:
    """Question `number`, from 1."""
    return FACT_ASKED if number == FACT else f"How many days had more than {number} {TOPICS[number % len(TOPICS)]}?"


def statement(number: int) -> str:
    """The SQL that answers it."""
    column = COLUMNS[number % len(COLUMNS)]
    return FACT_SQL if number == FACT else f"SELECT COUNT(*) AS days FROM {TABLE} WHERE {column} > {number}"


class Session:
    """The session, as its owner sees it."""

    def __init__(self, client: httpx.Client, headers: dict[str, str], session_id: str) -> None:
        self._client, self._headers, self._id = client, headers, session_id

    def context(self, asked: str) -> dict[str, Any]:
        """What would be sent with `asked`."""
        seen = self._client.get(f"/context/{self._id}", params={"question": asked}, headers=self._headers)
        found: dict[str, Any] = seen.raise_for_status().json()
        return found

    def say(self, asked: str) -> dict[str, Any]:
        """The query that answers it; what kept it from an answer as `error`."""
        answered = self._client.post(f"/sessions/{self._id}/messages", json={"text": asked}, headers=self._headers)
        found: dict[str, Any] = answered.json().get("query") or {"error": answered.text[:300]}
        return found

    def until(self, asked: str, number: int, reason: str) -> dict[str, Any]:
        """The context of `asked` once message `number` is told for `reason`, or after a while without that."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            seen = self.context(asked)
            if any((part["number"], part["reason"]) == (number, reason) for part in seen["parts"]):
                return seen
            if time.monotonic() > deadline:
                return seen
            time.sleep(1)


def talk(session: Session, turns: int) -> Told:
    """Asks everything but the last question; prints as it goes."""
    told = Told()
    for number in range(1, turns):
        seen = session.context(question(number))
        told.budget = seen["budget_tokens"]
        told.context.append(seen["tokens"])
        query = session.say(question(number))
        if query.get("error"):
            told.failed.append(f"{number}: {query['error']}")
        else:
            told.calls.append(query["tokens_in"])
        if number % 20 == 0:
            summary = seen["summary"] or {}
            until, model = summary.get("until_number"), summary.get("model")
            report("context_tokens", seen["tokens"], "tokens", question=number, summary_until=until, summary_by=model)
    return told


def summed_up(client: httpx.Client, headers: dict[str, str]) -> dict[str, Any]:
    """The ledger's calls that made summaries."""
    seen = client.get("/users/me/usage", params={"node": "summarise"}, headers=headers)
    total: dict[str, Any] = seen.raise_for_status().json()["total"]
    return total


def prove(client: httpx.Client, turns: int) -> list[str]:
    """All of it; gives what does not hold."""
    asker = sign_up(client, 1, {"model": MODEL, "charts_enabled": False})
    headers = dict(asker.headers)
    made = client.post("/sessions/", json={"agent_id": asker.agent_id}, headers=headers).raise_for_status()
    session = Session(client, headers, made.json()["id"])
    told = talk(session, turns)
    for percent in (50, 95):
        report(f"context_tokens_p{percent}", percentile(told.context, percent), "tokens", questions=len(told.context))
        report(f"call_tokens_p{percent}", percentile(told.calls, percent), "tokens", questions=len(told.calls))
    report("context_tokens_most", max(told.context), "tokens", target=f"<= {told.budget}")
    message = 2 * FACT - 1
    seen = session.until(FACT_SOUGHT, message, "means_alike")
    part = next((part for part in seen["parts"] if part["number"] == message), None)
    is_told = part is not None and part["sent"] and FACT_TOLD in part["text"]
    report(
        "fact_of_question_3_told", int(is_told), "times", target="= 1", reason=part and part["reason"], question=turns
    )
    last = session.say(FACT_SOUGHT)
    report("call_tokens_of_the_last", last.get("tokens_in", 0), "tokens", state=last.get("state", "error"))
    summaries = summed_up(client, headers)
    report(
        "summaries", summaries["calls"], "calls", tokens_in=summaries["tokens_in"], tokens_out=summaries["tokens_out"]
    )
    report("cost_of_summaries", float(summaries["cost_usd"]), "USD")
    wrong = {
        "a context passes the budget": max(told.context) > told.budget,
        "the fact is not told": not is_told,
        "no summary was made": not summaries["calls"],
        f"questions without an answer: {told.failed[:3]}": bool(told.failed),
    }
    return [what for what, is_wrong in wrong.items() if is_wrong]


def main() -> int:
    """Runs on an installation of its own and a protocol server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200)
    arguments = parser.parse_args()
    table = {question(number): statement(number) for number in range(1, arguments.turns)}
    with (
        fake_providers({**table, FACT_SOUGHT: FACT_SQL}, latency_s=0) as urls,
        running_system({**SETTINGS, **provider_settings(urls)}) as system,
        httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client,
    ):
        wrong = prove(client, arguments.turns)
    for what in wrong:
        sys.stdout.write(f"WRONG: {what}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
