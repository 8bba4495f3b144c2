"""Conversations into which many write at once, answered by a real worker."""

import asyncio
import itertools

import pytest
from fastapi import FastAPI

from tests.api.test_sessions import begin, messages, say
from tests.askable import ready_agent
from tests.people import People
from tests.workers.conftest import StartWorker, until_state

pytestmark = pytest.mark.anyio

WRITERS = 20


async def test_twenty_writers_leave_no_gap_and_get_one_answer_each_in_turn(
    app: FastAPI, people: People, start_worker: StartWorker
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await start_worker("queries")
    questions = [f"soma de valor com quantidade maior que {number}" for number in range(WRITERS)]
    posted = await asyncio.gather(*(say(ana, session_id, question) for question in questions))
    assert {answer.status_code for answer in posted} <= {200, 202, 422}
    said = await messages(ana, session_id)
    assert [message["number"] for message in said] == list(range(1, 2 * WRITERS + 1))
    assert [message["speaker"] for message in said] == ["user", "assistant"] * WRITERS
    assert sorted(str(message["text"]) for message in said[::2]) == sorted(questions)
    runs = []
    for asked, answer in zip(said[::2], said[1::2], strict=True):
        assert asked["query_id"] == answer["query_id"]
        path = f"/api/v1/queries/{asked['query_id']}"
        await until_state(ana.client, path, "succeeded", "failed")
        query = (await ana.client.get(path)).json()
        assert (query["question"], query["message_number"]) == (asked["text"], asked["number"])
        runs.append((query["started_at"], query["finished_at"]))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(runs))
    assert all(message["text"] for message in await messages(ana, session_id))
