"""`make tour-resume`: conversations in Portuguese and English over a restart of everything, planner and model alike.

Asks, follows up three times in each language, kills every process with SIGKILL, starts anew, resumes, follows up. The
rows of each answer are compared with what SQLite says of the same file, and the prompt of the next question with what
it was before: as GET /context shows it, and as it reaches the model's server. Exit code 1 when anything differs.
"""

import argparse
import csv
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.system import EXAMPLE, TABLE, Asker, System, fake_providers, provider_settings, running_in, sign_up

MODEL: Final = "openai:gpt-4o-mini"
TIMEOUT_S: Final = 120.0
SHOWN: Final = 3
"""Rows that are printed of an answer."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said, and the statement whose rows answer it."""

    text: str
    sql: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: before everything is killed, and after."""

    language: str
    before: tuple[Turn, ...]
    after: tuple[Turn, ...]


TALKS: Final = (
    Talk(
        "en",
        before=(
            Turn("What is the average temp_max by weather?", f"SELECT weather, avg(temp_max) FROM {TABLE} GROUP BY 1"),
            Turn("and the maximum?", f"SELECT weather, max(temp_max) FROM {TABLE} GROUP BY 1"),
            Turn("only in 2013", f"SELECT weather, max(temp_max) FROM {TABLE} WHERE date LIKE '2013%' GROUP BY 1"),
            Turn(
                "and the year before?",
                f"SELECT weather, max(temp_max) FROM {TABLE} WHERE date LIKE '2012%' GROUP BY 1",
            ),
        ),
        after=(
            Turn("only rain", f"SELECT weather, max(temp_max) FROM {TABLE} WHERE date LIKE '2012%' AND weather='rain'"),
            Turn(
                "and by month?",
                f"SELECT substr(date, 1, 7), max(temp_max) FROM {TABLE} WHERE date LIKE '2012%' AND weather='rain' "
                "GROUP BY 1",
            ),
        ),
    ),
    Talk(
        "pt",
        before=(
            Turn(
                "Qual a soma de precipitation por weather?",
                f"SELECT weather, sum(precipitation) FROM {TABLE} GROUP BY 1",
            ),
            Turn("e por ano?", f"SELECT substr(date, 1, 4), sum(precipitation) FROM {TABLE} GROUP BY 1"),
            Turn("e a média?", f"SELECT substr(date, 1, 4), avg(precipitation) FROM {TABLE} GROUP BY 1"),
            Turn(
                "só rain", f"SELECT substr(date, 1, 4), avg(precipitation) FROM {TABLE} WHERE weather='rain' GROUP BY 1"
            ),
        ),
        after=(
            Turn(
                "e a soma?",
                f"SELECT substr(date, 1, 4), sum(precipitation) FROM {TABLE} WHERE weather='rain' GROUP BY 1",
            ),
            Turn(
                "em barras, por favor",
                f"SELECT substr(date, 1, 4), sum(precipitation) FROM {TABLE} WHERE weather='rain' GROUP BY 1",
            ),
        ),
    ),
)


@dataclass(slots=True)
class Checks:
    """What was looked at, and what was not as it must be."""

    done: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, *, holds: bool) -> None:
        """One look, printed."""
        self.done += 1
        sys.stdout.write(f"  {'right' if holds else 'WRONG'}  {what}\n")
        sys.stdout.flush()
        if not holds:
            self.wrong.append(what)


class Conversation:
    """One session of one account; it outlives the installation that it was begun with."""

    def __init__(self, asker: Asker, session_id: str, truth: sqlite3.Connection, checks: Checks) -> None:
        self._asker, self._truth, self._checks = asker, truth, checks
        self._path, self._context = f"/sessions/{session_id}", f"/context/{session_id}"

    def say(self, client: httpx.Client, turn: Turn) -> None:
        """Asks, and compares the rows with what the file says."""
        answered = client.post(f"{self._path}/messages", json={"text": turn.text}, headers=self._asker.headers)
        query = answered.json().get("query", {}) if answered.is_success else {}
        rows = (query.get("result") or {}).get("rows", [])
        expected = [list(row) for row in self._truth.execute(turn.sql)]
        shown = f"{turn.text!r} -> {len(rows)} rows {rows[:SHOWN]} ({query.get('answered_by') or answered.text[:200]})"
        self._checks.note(shown, holds=alike(rows, expected))

    def prompt(self, client: httpx.Client, question: str) -> Any:
        """What a model would be told of the conversation with `question`."""
        seen = client.get(self._context, params={"question": question}, headers=self._asker.headers)
        return seen.raise_for_status().json()

    def state(self, client: httpx.Client) -> list[Any]:
        """The session and its messages."""
        paths = (self._path, f"{self._path}/messages")
        return [client.get(path, headers=self._asker.headers).raise_for_status().json() for path in paths]

    def resume(self, client: httpx.Client) -> Any:
        """What has changed meanwhile."""
        resumed = client.put(f"{self._path}/resume", headers=self._asker.headers)
        return resumed.raise_for_status().json()["changes"]


def alike(rows: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> bool:
    """Whether both hold the same, in whatever order; numbers to nine digits."""
    return sorted(map(_plain, rows)) == sorted(map(_plain, expected)) and bool(expected)


def _plain(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{float(cell):.9g}" if _is_number(cell) else str(cell) for cell in row)


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def truth_of(path: Path) -> sqlite3.Connection:
    """The file in SQLite, read without the product."""
    connection = sqlite3.connect(":memory:")
    with path.open(encoding="utf-8") as lines:
        header, *rows = csv.reader(lines)
    connection.execute(f"CREATE TABLE {TABLE} ({', '.join(f'{name} NUMERIC' for name in header)})")
    # The product gives dates in ISO 8601, whatever the file does.
    rows = [[cell.replace("/", "-") for cell in row] for row in rows]
    connection.executemany(f"INSERT INTO {TABLE} VALUES ({', '.join('?' for _ in header)})", rows)
    return connection


def model_settings(urls: Mapping[str, str]) -> dict[str, str]:
    """The environment of an installation whose models are the protocol servers."""
    return {**provider_settings(urls), "AGENTGRAPH_RESULT_CACHE_TTL_S": "0"}


def prompts(control: str) -> list[str]:
    """Digests of everything that the model's server was asked, in order."""
    log = httpx.get(f"{control}/log", timeout=TIMEOUT_S).raise_for_status().json()
    return [str(entry["digest"]) for entry in log]


def opening_prompt(client: httpx.Client, conversation: Conversation, turn: Turn, control: str) -> str:
    """Asks, and gives the digest of what the model's server was asked first; later prompts name calls by number."""
    seen = len(prompts(control))
    conversation.say(client, turn)
    return prompts(control)[seen]


def begin(client: httpx.Client, number: int, agent: Mapping[str, object], checks: Checks) -> Conversation:
    """A new account with the example file, and a session in it."""
    asker = sign_up(client, number, agent)
    made = client.post("/sessions/", json={"agent_id": asker.agent_id}, headers=asker.headers).raise_for_status()
    return Conversation(asker, made.json()["id"], truth_of(EXAMPLE), checks)


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation as it stood when everything was killed."""

    talk: Talk
    name: str
    conversation: Conversation
    state: list[Any]
    context: Any
    prompt: str | None
    """Of a model: digest of the next question's prompt, from a twin of the conversation in which it was asked."""


def hold(
    client: httpx.Client, number: int, talk: Talk, agent: Mapping[str, object], checks: Checks, control: str
) -> Held:
    """The talk up to the end; with a model twice, and the twin goes on at once."""
    name = f"{talk.language}, {agent.get('model', 'planner')}"
    sys.stdout.write(f"{name}: before\n")
    conversation, twin, prompt = begin(client, number, agent, checks), None, None
    if agent:
        twin = begin(client, 100 + number, agent, checks)
    for one in filter(None, (twin, conversation)):
        for turn in talk.before:
            one.say(client, turn)
    if twin is not None:
        prompt = opening_prompt(client, twin, talk.after[0], control)
    context = conversation.prompt(client, talk.after[0].text)
    return Held(talk, name, conversation, conversation.state(client), context, prompt)


def go_on(client: httpx.Client, held: Held, checks: Checks, control: str) -> None:
    """Compares what is there with what was, and goes on."""
    sys.stdout.write(f"{held.name}: after\n")
    conversation, (first, *others) = held.conversation, held.talk.after
    checks.note("session and messages are what they were", holds=conversation.state(client) == held.state)
    context = conversation.prompt(client, first.text)
    checks.note(f"so is the context of {first.text!r} ({context['tokens']} tokens)", holds=context == held.context)
    checks.note("nothing has changed meanwhile", holds=conversation.resume(client) == [])
    if held.prompt is None:
        conversation.say(client, first)
    else:
        same = opening_prompt(client, conversation, first, control) == held.prompt
        checks.note("the prompt at the model's server is that of before, byte by byte", holds=same)
    for turn in others:
        conversation.say(client, turn)


def over_a_restart(folder: Path, settings: Mapping[str, str], control: str, checks: Checks) -> None:
    """The whole tour."""
    agents: tuple[Mapping[str, object], ...] = ({}, {"model": MODEL})
    talks = [(talk, agent) for agent in agents for talk in TALKS]
    with running_in(folder, settings) as system, client_of(system) as client:
        all_held = [hold(client, n, talk, agent, checks, control) for n, (talk, agent) in enumerate(talks)]
        sys.stdout.write("kill -9 of every process\n")
        system.kill()
    with running_in(folder, settings) as system, client_of(system) as client:
        for held in all_held:
            go_on(client, held, checks, control)


def client_of(system: System) -> httpx.Client:
    """A client of its API."""
    return httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S)


def main() -> int:
    """Runs on an installation of its own and protocol servers; 1 when anything is wrong."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    table = {turn.text: turn.sql for talk in TALKS for turn in (*talk.before, *talk.after)}
    checks = Checks()
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-tour-") as folder,
        fake_providers(table, latency_s=0) as urls,
    ):
        over_a_restart(Path(folder), model_settings(urls), urls["control"], checks)
    sys.stdout.write(f"{checks.done - len(checks.wrong)} of {checks.done} as they must be\n")
    for what in checks.wrong:
        sys.stdout.write(f"WRONG: {what}\n")
    return 1 if checks.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
