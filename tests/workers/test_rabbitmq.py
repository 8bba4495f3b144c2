"""RabbitMQ as the broker, by its URL alone: questions reach workers by it, and wait for it when it dies."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from app.core.config import Settings
from app.core.jobs import Queue
from tests.askable import ready_agent
from tests.people import People
from tests.rabbitmq import RabbitMq, rabbitmq_is_there, start_rabbitmq
from tests.workers.conftest import Process, StartWorker, until_state
from tests.workers.test_questions import TOTAL, rows_of, submit

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def rabbitmq() -> Iterator[RabbitMq]:
    """A real one; `make servers` installs it where it may, and says so where it may not."""
    if not rabbitmq_is_there():
        pytest.skip("RabbitMQ is not installed: nothing that needs it was tried (apt-get install rabbitmq-server)")
    with start_rabbitmq() as broker:
        yield broker


@pytest.fixture
def settings(settings: Settings, rabbitmq: RabbitMq) -> Settings:
    return settings.model_copy(update={"broker_url": rabbitmq.url, "lease_s": 4.0, "heartbeat_s": 1.0})


async def test_questions_reach_a_worker_by_rabbitmq_and_none_of_them_valkey(
    app: FastAPI, people: People, start_worker: StartWorker, valkey_url: str
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    await start_worker("queries")
    paths = [await submit(ana, agent_id, f"{TOTAL}{' ' * number}") for number in range(10)]
    for path in paths:
        assert await until_state(ana.client, path, "succeeded", "failed") == "succeeded"
    assert [await rows_of(ana, path) for path in paths] == [[[425.75]]] * 10
    async with Redis.from_url(valkey_url) as valkey:
        assert await valkey.exists(*(queue.value for queue in Queue)) == 0


async def test_question_that_was_accepted_without_a_broker_is_answered_once_there_is_one(
    app: FastAPI, people: People, rabbitmq: RabbitMq, *, start_worker: StartWorker, beat: Process
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    await start_worker("queries")
    rabbitmq.kill()
    path = await submit(ana, agent_id)
    rabbitmq.start()
    assert await until_state(ana.client, path, "succeeded", "failed", timeout_s=120) == "succeeded"
    assert await rows_of(ana, path) == [[425.75]]
    assert beat.returncode is None
