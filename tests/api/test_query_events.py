"""The events of a question over a real HTTP connection: order, replay, the end, and cancelling."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from app.core.config import Settings
from app.services.jobs.events import stream_key
from tests.askable import ready_agent
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
BY_REGION = "soma de valor por regiao"
MODEL = "openai:gpt-4o-mini"


@dataclass(frozen=True)
class Heard:
    """One event as a client parsed it."""

    id: int
    name: str
    data: dict[str, Any]


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    async with serve(Script.of(table={BY_REGION: "SELECT regiao, SUM(valor) AS v FROM vendas GROUP BY 1"})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    return with_models(settings, providers, sync_limit_s=0.5)


@asynccontextmanager
async def client_to(server_url: str, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server_url, headers=person.headers, timeout=30) as client:
        yield client


async def heard(response: httpx.Response, *, until: str | None = None, most: int = 1000) -> list[Heard]:
    """The events of a stream up to its end, up to the first one called `until`, or up to `most` of them."""
    events: list[Heard] = []
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "event" in fields:
            events.append(Heard(int(fields["id"]), fields["event"], json.loads(fields["data"])))
        fields = {}
        if events and (events[-1].name == until or len(events) >= most):
            break
    return events


async def ask_streamed(client: httpx.AsyncClient, agent_id: str) -> tuple[str, list[Heard]]:
    body = {"agent_id": agent_id, "question": BY_REGION}
    accept = {"Accept": "text/event-stream"}
    async with client.stream("POST", f"{QUERIES}/execute", json=body, headers=accept) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return response.headers["Location"], await heard(response)


async def follow(client: httpx.AsyncClient, path: str, after: int | None = None) -> list[Heard]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with client.stream("GET", f"{path}/events", headers=headers) as response:
        assert response.status_code == 200
        return await heard(response)


async def test_client_that_is_cut_after_every_event_misses_and_repeats_none_on_changing_replicas(
    app: FastAPI, people: People, server_url: str, second_server_url: str, *, providers: FakeProviders
) -> None:
    providers.script.latency_s = 0.3
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana, model=MODEL), "question": BY_REGION}
    accept = {"Accept": "text/event-stream"}
    async with client_to(server_url, ana) as one, client_to(second_server_url, ana) as two:
        async with one.stream("POST", f"{QUERIES}/execute", json=body, headers=accept) as response:
            path = response.headers["Location"]
            events = await heard(response, most=1)
        cuts = 0
        while not events[-1].name.startswith("query.") or events[-1].name == "query.started":
            replica = (two, one)[cuts % 2]
            after = {"Last-Event-ID": str(events[-1].id)}
            async with replica.stream("GET", f"{path}/events", headers=after) as response:
                events += await heard(response, most=1)
            cuts += 1
        whole = await follow(two, path)
    sys.stdout.write(f"{cuts} cuts, {len(events)} events, ids {[event.id for event in events]}\n")
    assert cuts >= 10
    assert events == whole
    assert all(before.id < after.id for before, after in pairwise(events))


async def test_stream_tells_the_run_in_order_with_usage_right_before_the_end(
    app: FastAPI, people: People, server_url: str
) -> None:
    ana = await people.normal()
    async with client_to(server_url, ana) as client:
        path, events = await ask_streamed(client, await ready_agent(app, ana, model=MODEL))
        query = (await client.get(path)).json()
    names = [event.name for event in events]
    assert names[0] == "query.started"
    assert names[-2:] == ["usage", "query.succeeded"]
    assert names.index("sql") < names.index("rows")
    assert "stage" in names
    assert all(one.id < other.id for one, other in pairwise(events))
    assert events[-1].data["answer"] == query["answer"]
    assert events[-2].data["tokens_in"] == query["tokens_in"] > 0


async def test_stream_is_replayed_from_the_last_event_that_was_heard(
    app: FastAPI, people: People, server_url: str
) -> None:
    ana = await people.normal()
    async with client_to(server_url, ana) as client:
        path, events = await ask_streamed(client, await ready_agent(app, ana))
        assert await follow(client, path) == events
        assert await follow(client, path, events[2].id) == events[3:]
        assert await follow(client, path, 0) == events
        refused = await client.get(f"{path}/events", headers={"Last-Event-ID": "x"})
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")


async def test_events_are_made_from_the_stored_query_when_the_stream_is_gone(
    app: FastAPI, people: People, server_url: str, valkey_url: str
) -> None:
    ana = await people.normal()
    async with client_to(server_url, ana) as client:
        path, events = await ask_streamed(client, await ready_agent(app, ana))
        async with Redis.from_url(valkey_url) as valkey:
            await valkey.flushall()
        again = await follow(client, path)
        assert [event.name for event in again][:1] == ["query.started"]
        assert [event.name for event in again][-2:] == ["usage", "query.succeeded"]
        assert again[-1].data == events[-1].data
        rest = await follow(client, path, events[-3].id)
        assert [event.name for event in rest] == ["usage", "query.succeeded"]
        assert rest[0].id > events[-3].id


async def test_question_that_outlives_the_limit_goes_on(
    app: FastAPI, people: People, server_url: str, providers: FakeProviders
) -> None:
    providers.script.latency_s = 1.5
    ana = await people.normal()
    async with client_to(server_url, ana) as client:
        body = {"agent_id": await ready_agent(app, ana, model=MODEL), "question": BY_REGION}
        accepted = await client.post(f"{QUERIES}/execute", json=body)
        assert accepted.status_code == 202
        events = await follow(client, accepted.headers["Location"])
        assert events[-1].name == "query.succeeded"
        result = (await client.get(f"{accepted.headers['Location']}/result")).json()
    assert ["Sul", 250.0] in result["rows"]


async def test_cancel_ends_the_model_call_and_tells_the_followers(
    app: FastAPI, people: People, server_url: str, providers: FakeProviders
) -> None:
    providers.script.latency_s = 60
    ana = await people.normal()
    async with client_to(server_url, ana) as client:
        body = {"agent_id": await ready_agent(app, ana, model=MODEL), "question": BY_REGION}
        path = (await client.post(f"{QUERIES}/execute", json=body)).headers["Location"]
        await providers.arrived.wait()
        following = asyncio.create_task(follow(client, path))
        # Asked of another process than the one that runs it.
        cancelled = await ana.client.post(f"{path}/cancel")
        assert cancelled.status_code == 202
        async with asyncio.timeout(10):
            events = await following
        assert [event.name for event in events][-2:] == ["usage", "query.cancelled"]
        assert (await client.get(f"{path}/status")).json()["state"] == "cancelled"


async def test_waiting_question_that_is_cancelled_tells_its_end(app: FastAPI, people: People, server_url: str) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": BY_REGION}
    path = (await ana.client.post(f"{QUERIES}/execute-async", json=body)).headers["Location"]
    async with client_to(server_url, ana) as client:
        following = asyncio.create_task(follow(client, path))
        await ana.client.post(f"{path}/cancel")
        async with asyncio.timeout(10):
            events = await following
    assert [event.name for event in events] == ["usage", "query.cancelled"]


async def test_question_cancelled_before_it_ran_never_started_for_who_follows_afterwards(
    app: FastAPI, people: People, server_url: str, valkey_url: str
) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": BY_REGION}
    path = (await ana.client.post(f"{QUERIES}/execute-async", json=body)).headers["Location"]
    await ana.client.post(f"{path}/cancel")
    async with Redis.from_url(valkey_url) as valkey:
        await valkey.delete(stream_key(UUID(path.rsplit("/", 1)[1])))
    async with client_to(server_url, ana) as client:
        events = await follow(client, path)
    assert [event.name for event in events] == ["usage", "query.cancelled"]
