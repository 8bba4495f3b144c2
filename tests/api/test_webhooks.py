"""Webhooks: who may be written to, how messages are signed, and what becomes of those that do not arrive."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.config import Settings
from app.core.db import Database
from app.core.jobs import JobKind
from app.services.automation import webhook_deliveries
from app.services.jobs.query_ends import tell_ended_queries
from app.services.queries.query_taking import work_off
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher
from tests.people import People, Person
from tests.waiting import until

pytestmark = pytest.mark.anyio

WEBHOOKS = "/api/v1/webhooks"
EXECUTE = "/api/v1/queries/execute-async"
TOTAL = "qual a soma de valor?"


@dataclass
class Receiver:
    """A server that people would run: it keeps what it gets, and answers with the next of `statuses`, then 204."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        """Keeps one message."""
        self.got.append((dict(request.headers), await request.body()))
        status = self.statuses.pop(0) if self.statuses else 204
        return Response(status_code=status, headers={"Location": f"{self.url}/elsewhere"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A running receiver."""
    receiver = Receiver()
    routes = [Route("/{path:path}", receiver.take, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    receiver.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield receiver
    server.should_exit = True
    await task
    listening.close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_over_http": True, "webhook_timeout_s": 2.0})


async def add(person: Person, url: str) -> dict[str, str]:
    made = await person.client.post(WEBHOOKS, json={"url": url})
    assert made.status_code == 201, made.text
    webhook: dict[str, str] = made.json()
    return webhook


async def hinted(publisher: RecordingPublisher, kind: JobKind) -> None:
    await until(lambda: kind in [found for found, _ in publisher.published])


async def work(app: FastAPI, publisher: RecordingPublisher, kind: JobKind) -> None:
    """Does what a worker would with the hints of `kind`."""
    await hinted(publisher, kind)
    if kind is JobKind.RUN_QUERY:
        await work_off(app.state.engine)
        return
    for found, job_id in publisher.published:
        if found is kind:
            await webhook_deliveries.take(app.state.engine, job_id)


async def deliveries(person: Person, webhook_id: str) -> list[tuple[str, int, int | None, str | None]]:
    items = (await person.client.get(f"{WEBHOOKS}/{webhook_id}/deliveries")).json()["items"]
    return [(item["state"], item["tries"], item["status"], item["problem"]) for item in items]


async def later(database: Database) -> None:
    """Lets the pause before the next try go by."""
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE jobs SET run_after = now() - interval '1 s' WHERE run_after > now()")


async def test_end_of_a_batch_is_told_once_and_signed(
    app: FastAPI, people: People, publisher: RecordingPublisher, receiver: Receiver
) -> None:
    ana = await people.normal()
    webhook = await add(ana, f"{receiver.url}/hook?x=1")
    body = {"agent_id": await ready_agent(app, ana), "questions": [TOTAL, TOTAL], "webhook_id": webhook["id"]}
    batch = (await ana.client.post("/api/v1/batches", json=body)).json()
    await work(app, publisher, JobKind.RUN_QUERY)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    [(headers, content)] = receiver.got
    told = json.loads(content)
    assert (told["type"], told["data"]["batch_id"], told["data"]["state"]) == (
        "batch.finished",
        batch["id"],
        "finished",
    )
    assert [answer["state"] for answer in told["data"]["answers"]] == ["succeeded", "succeeded"]
    key = base64.b64decode(webhook["signing_key"].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["host"] == receiver.url.removeprefix("http://")
    assert await deliveries(ana, webhook["id"]) == [("delivered", 1, 204, None)]


async def test_end_of_a_question_is_told_once_however_it_ended(
    app: FastAPI, people: People, publisher: RecordingPublisher, receiver: Receiver
) -> None:
    ana = await people.normal()
    webhook = await add(ana, receiver.url)
    body = {"agent_id": await ready_agent(app, ana), "question": TOTAL, "webhook_id": webhook["id"]}
    answered, cancelled = [(await ana.client.post(EXECUTE, json=body)).json()["id"] for _ in range(2)]
    assert (await ana.client.post(f"/api/v1/queries/{cancelled}/cancel")).status_code == 202
    assert await tell_ended_queries(app.state.platform) == 1
    await work(app, publisher, JobKind.RUN_QUERY)
    assert sum(await asyncio.gather(*(tell_ended_queries(app.state.platform) for _ in range(4)))) == 1
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    told = [json.loads(content) for _, content in receiver.got]
    assert {message["type"] for message in told} == {"query.finished"}
    assert {message["data"]["query_id"]: message["data"]["state"] for message in told} == {
        answered: "succeeded",
        cancelled: "cancelled",
    }
    assert all("webhook-signature" in headers for headers, _ in receiver.got)


async def test_question_cannot_name_the_webhook_of_somebody_else(
    app: FastAPI, people: People, receiver: Receiver
) -> None:
    ana, eva = await people.normal(), await people.normal()
    body = {"agent_id": await ready_agent(app, eva), "question": TOTAL}
    foreign = {**body, "webhook_id": (await add(ana, receiver.url))["id"]}
    own = {**body, "webhook_id": (await add(eva, receiver.url))["id"]}
    assert (await eva.client.post(EXECUTE, json=foreign)).status_code == 404
    assert (await eva.client.post(EXECUTE, json=own)).status_code == 202


async def test_message_that_did_not_arrive_is_sent_again_later_under_the_same_id(
    app: FastAPI, people: People, publisher: RecordingPublisher, receiver: Receiver, database: Database
) -> None:
    ana = await people.normal()
    webhook = await add(ana, receiver.url)
    receiver.statuses = [500, 302]
    assert (await ana.client.post(f"{WEBHOOKS}/{webhook['id']}/test")).status_code == 202
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    assert await deliveries(ana, webhook["id"]) == [("waiting", 1, 500, None)]
    await later(database)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    assert await deliveries(ana, webhook["id"]) == [("waiting", 2, 302, None)]
    await later(database)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    assert await deliveries(ana, webhook["id"]) == [("delivered", 3, 204, None)]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 3, "a redirect is not followed"


async def test_server_that_is_gone_is_left_alone(
    app: FastAPI, people: People, publisher: RecordingPublisher, receiver: Receiver
) -> None:
    ana = await people.normal()
    webhook = await add(ana, receiver.url)
    receiver.statuses = [410]
    for _ in range(2):
        await ana.client.post(f"{WEBHOOKS}/{webhook['id']}/test")
    await until(lambda: len(publisher.published) == 2)
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    assert len(receiver.got) == 1
    assert sorted(state for state, *_ in await deliveries(ana, webhook["id"])) == ["failed", "failed"]
    assert (await ana.client.get(WEBHOOKS)).json()["items"][0]["disabled_at"] is not None


async def test_network_that_was_closed_since_is_not_entered(
    app: FastAPI, people: People, publisher: RecordingPublisher, receiver: Receiver
) -> None:
    ana = await people.normal()
    webhook = await add(ana, receiver.url)
    await ana.client.post(f"{WEBHOOKS}/{webhook['id']}/test")
    app.state.engine.platform.settings.egress_allowed_networks.clear()
    await work(app, publisher, JobKind.DELIVER_WEBHOOK)
    assert receiver.got == []
    assert await deliveries(ana, webhook["id"]) == [("waiting", 1, None, "egress_refused")]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "https://user:word@example.com/",
        "https://169.254.169.254/latest",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://2130706433/",
        "https://metadata.google.internal/",
        "https://example.com:0/",
        "https:///x",
        "not an address",
    ],
)
async def test_address_that_may_not_be_written_to_is_refused(people: People, url: str) -> None:
    ana = await people.normal()
    refused = await ana.client.post(WEBHOOKS, json={"url": url})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/url")


async def test_plain_http_needs_the_installation_to_allow_it(app: FastAPI, people: People, receiver: Receiver) -> None:
    ana = await people.normal()
    app.state.engine.platform.settings.webhooks_over_http = False
    assert (await ana.client.post(WEBHOOKS, json={"url": receiver.url})).status_code == 422


async def test_signing_key_is_shown_once(people: People, receiver: Receiver, database: Database) -> None:
    ana = await people.normal()
    webhook = await add(ana, receiver.url)
    assert webhook["signing_key"] not in (await ana.client.get(WEBHOOKS)).text
    async with database.read() as session:
        connection = await session.connection()
        stored = (await connection.exec_driver_sql("SELECT secret FROM webhooks")).scalar_one()
    assert webhook["signing_key"].encode() not in bytes(stored)
