"""How much one user, and all of them, may ask."""

import asyncio
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database
from app.core.ids import first_id_at, new_id
from app.models import Query
from tests.askable import ready_agent
from tests.people import People

pytestmark = pytest.mark.anyio

ASYNC = "/api/v1/queries/execute-async"
SYNC = "/api/v1/queries/execute"
QUESTION = "total de valor"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"questions_waiting": 4})


async def test_of_many_questions_at_once_only_as_many_as_may_wait_are_taken(app: FastAPI, people: People) -> None:
    person, other = await people.normal(), await people.normal()
    body = {"agent_id": await ready_agent(app, person), "question": QUESTION}
    answers = await asyncio.gather(*(person.client.post(ASYNC, json=body) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [202] * 4 + [429] * 8
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("too_many_questions", "5")
    theirs = {"agent_id": await ready_agent(app, other), "question": QUESTION}
    assert (await other.client.post(ASYNC, json=theirs)).status_code == 202


async def test_a_place_is_free_again_when_a_question_has_ended(app: FastAPI, people: People) -> None:
    person = await people.normal()
    body = {"agent_id": await ready_agent(app, person), "question": QUESTION}
    ids = [(await person.client.post(ASYNC, json=body)).json()["id"] for _ in range(4)]
    assert (await person.client.post(ASYNC, json=body)).status_code == 429
    await person.client.post(f"/api/v1/queries/{ids[0]}/cancel")
    assert (await person.client.post(ASYNC, json=body)).status_code == 202


class TestRunningAtOnce:
    """One question of a user may run."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"questions_at_once": 1})

    async def test_a_second_one_is_refused_while_the_first_runs_and_may_still_wait(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        body = {"agent_id": await ready_agent(app, person), "question": QUESTION}
        queued = (await person.client.post(ASYNC, json=body)).json()["id"]
        assert (await person.client.post(SYNC, json=body)).status_code == 200
        async with database.transaction() as session:
            await session.execute(update(Query).where(Query.id == queued).values(state="running"))
        assert (await person.client.post(SYNC, json=body)).json()["code"] == "too_many_questions"
        assert (await person.client.post(ASYNC, json=body)).status_code == 202


@pytest.mark.parametrize("limit", ["questions_per_day", "installation_questions_per_day"])
class TestQuestionsADay:
    """Two questions a day."""

    @pytest.fixture
    def settings(self, settings: Settings, limit: str) -> Settings:
        return settings.model_copy(update={limit: 2})

    async def test_the_third_is_refused_until_midnight(self, app: FastAPI, people: People, limit: str) -> None:
        person = await people.normal()
        body = {"agent_id": await ready_agent(app, person), "question": QUESTION}
        statuses = [(await person.client.post(SYNC, json=body)).status_code for _ in range(2)]
        refused = await person.client.post(SYNC, json=body)
        assert (statuses, refused.status_code, refused.json()["code"]) == ([200, 200], 429, "quota_exhausted")
        assert 1 <= int(refused.headers["retry-after"]) <= 86400
        other = await people.normal()
        theirs = {"agent_id": await ready_agent(app, other), "question": QUESTION}
        expected = 200 if limit == "questions_per_day" else 429
        assert (await other.client.post(SYNC, json=theirs)).status_code == expected


class TestTokensADay:
    """A thousand tokens a day."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"tokens_per_day": 1000})

    async def test_who_has_used_them_up_asks_no_more_today(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        body = {"agent_id": await ready_agent(app, person), "question": QUESTION}
        assert (await person.client.post(SYNC, json=body)).status_code == 200
        async with database.transaction() as session:
            await session.execute(
                update(Query).where(Query.owner_id == person.id).values(tokens_in=600, tokens_out=400)
            )
        refused = await person.client.post(SYNC, json=body)
        assert (refused.status_code, refused.json()["quota"]) == (429, "user_tokens")


def test_the_first_id_of_a_moment_lies_between_the_ids_before_and_after() -> None:
    before = first_id_at(now() - timedelta(milliseconds=5))
    assert before <= new_id() < first_id_at(now() + timedelta(minutes=1))
