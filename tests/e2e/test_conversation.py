"""A conversation with the whole running product, all of whose processes are killed in the middle of it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.system import Asker, System, running_in, sign_up

AVERAGE = "What is the average temp_max by weather?"


class Talk:
    """A client in one session; the session outlives the product that it was begun with."""

    def __init__(self, client: httpx.Client, asker: Asker, session_id: str) -> None:
        self._client = client
        client.headers.update(asker.headers)
        self._path = f"/sessions/{session_id}"
        self._context = f"/context/{session_id}"

    def say(self, text: str) -> dict[str, Any]:
        """The query that answers `text`."""
        answered = self._client.post(f"{self._path}/messages", json={"text": text}).raise_for_status().json()
        query: dict[str, Any] = answered["query"]
        return query

    def state(self) -> list[Any]:
        """The session, its messages, and what the next question would know."""
        paths = (self._path, f"{self._path}/messages", self._context)
        return [self._client.get(path).raise_for_status().json() for path in paths]

    def resume(self) -> dict[str, Any]:
        """The session, active again."""
        resumed: dict[str, Any] = self._client.put(f"{self._path}/resume").raise_for_status().json()
        return resumed


def client_of(system: System) -> httpx.Client:
    return httpx.Client(base_url=f"{system.url}/api/v1", timeout=60)


def rows(query: dict[str, Any]) -> list[list[Any]]:
    found: list[list[Any]] = query["result"]["rows"]
    return found


@pytest.mark.timeout(300)
def test_conversation_goes_on_where_it_stood_after_everything_was_killed(tmp_path: Path) -> None:
    with running_in(tmp_path) as system, client_of(system) as client:
        asker = sign_up(client, 1, {})
        made = client.post("/sessions/", json={"agent_id": asker.agent_id}, headers=asker.headers)
        session_id = made.raise_for_status().json()["id"]
        talk = Talk(client, asker, session_id)
        assert len(rows(talk.say(AVERAGE))) == 5
        assert ["rain", 35.6] in rows(talk.say("and the maximum?"))
        assert rows(talk.say("only rain")) == [["rain", 35.6]]
        by_year = talk.say("e por ano?")
        assert [row[0] for row in rows(by_year)] == ["2012", "2013", "2014", "2015"]
        before = talk.state()
        system.kill()
    with running_in(tmp_path) as system, client_of(system) as client:
        talk = Talk(client, asker, session_id)
        assert talk.state() == before
        assert talk.resume()["changes"] == []
        drawn = talk.say("em barras, por favor")
        assert (rows(drawn), drawn["chart"]["type"], drawn["answered_by"]) == (rows(by_year), "bar", "repeat")
        lowest = talk.say("e o mínimo?")
        assert [row[0] for row in rows(lowest)] == ["2012", "2013", "2014", "2015"]
        assert all(low[1] < high[1] for low, high in zip(rows(lowest), rows(by_year), strict=True))
        assert lowest["details"]["reading"].startswith("menor temp_max")
