"""Nobody finds what is somebody else's, what is removed, or what rests on a source that is no longer shared."""

import asyncio
import itertools
import random
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.db import Database
from app.core.ids import new_id
from app.models import Conversation, Query, QueryState
from app.repositories import exchanges
from app.repositories.exchanges import Vector
from tests.api.test_search import SEARCH, SIMILAR, search
from tests.api.test_sessions import begin
from tests.askable import ready_agent
from tests.people import People, Person
from tests.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

USERS = 20
EACH = 15
SEARCHES = 500
TOPICS = ("vendas por região", "sales by region", "soma de valor por mês", "average price", "clientes do sul")
CHANCE = random.Random(8)


async def tell(app: FastAPI, database: Database, owner: Person, session_id: str | None, words: list[str]) -> None:
    """Exchanges of `owner` as if they had been asked, answered and indexed."""
    vectors = await app.state.engine.embeddings.of([TOPICS[place % len(TOPICS)] for place in range(len(words))])
    async with database.transaction() as session:
        for place, (text, vector) in enumerate(zip(words, vectors, strict=True)):
            query = Query(
                id=new_id(),
                owner_id=owner.id,
                agent_version=1,
                session_id=None if session_id is None else UUID(session_id),
                message_number=None if session_id is None else 2 * place + 1,
                question=text,
                answer=f"a resposta é {text}",
                language="pt-BR",
                state=QueryState.SUCCEEDED,
                outcome="answered",
            )
            session.add(query)
            await session.flush()
            assert isinstance(vector, Vector)
            await exchanges.put(session, query.id, vector)
        if session_id is not None:
            told = update(Conversation).where(Conversation.id == UUID(session_id))
            await session.execute(told.values(message_count=2 * len(words)))


async def test_canaries_of_twenty_users_stay_with_their_owners(
    app: FastAPI, people: People, database: Database
) -> None:
    owners = [await people.normal() for _ in range(USERS)]
    sessions = [await begin(owner, await ready_agent(app, owner)) for owner in owners]
    canaries = [f"canario{number:02d}xyz" for number in range(USERS)]
    for owner, session_id, canary in zip(owners, sessions, canaries, strict=True):
        words = [f"{TOPICS[place % len(TOPICS)]} {canary} {place}" for place in range(EACH)]
        await tell(app, database, owner, session_id, words)
    found = 0
    for turn, (asker, place) in enumerate(itertools.islice(_turns(), SEARCHES)):
        owner, other = owners[asker], CHANCE.randrange(USERS)
        if turn % 3 == 0:
            parameters: dict[str, str | int] = {"q": f"{TOPICS[place]} {canaries[other]}", "limit": 50}
            response = await owner.client.get(SEARCH, params=parameters)
        elif turn % 3 == 1:
            response = await owner.client.get(SIMILAR, params={"text": f"{TOPICS[place]} {canaries[other]}"})
        else:
            response = await owner.client.get(f"/api/v1/context/{sessions[asker]}", params={"question": TOPICS[place]})
        assert response.status_code == 200, response.text
        foreign = [canary for canary in canaries if canary != canaries[asker] and canary in _told(response.text, turn)]
        assert foreign == []
        found += canaries[asker] in response.text
    assert found == SEARCHES


def _turns() -> Iterator[tuple[int, int]]:
    return itertools.cycle((asker, place) for place in range(len(TOPICS)) for asker in range(USERS))


def _told(text: str, turn: int) -> str:
    """What a response says beyond the words that were sent, which GET /context repeats."""
    return text if turn % 3 < 2 else text.partition('"parts":')[2]


async def test_what_is_deleted_is_gone_at_once_while_others_search(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    sessions = [await begin(ana, agent_id) for _ in range(8)]
    for number, session_id in enumerate(sessions):
        await tell(app, database, ana, session_id, [f"{topic} lote{number}" for topic in TOPICS])
    gone: set[str] = set()
    done = asyncio.Event()
    seen: list[int] = []

    async def look() -> None:
        while not done.is_set():
            before = set(gone)
            page = await search(ana, "vendas por região lote", limit=200)
            assert not before & {item["session_id"] for item in page["items"]}
            seen.append(len(page["items"]))

    async def searched(beyond: int) -> None:
        await until(lambda: len(seen) > beyond)

    async def remove() -> None:
        for session_id in sessions:
            assert (await ana.client.delete(f"/api/v1/sessions/{session_id}")).status_code == 204
            gone.add(session_id)
            await searched(beyond=len(seen))
        done.set()

    await asyncio.gather(look(), look(), look(), remove())
    assert len(seen) >= 3
    assert (await search(ana, "vendas por região lote"))["items"] == []


async def test_answer_over_a_source_that_is_no_longer_shared_is_not_found(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    await tell(app, database, ana, None, ["vendas secretas", "vendas abertas"])
    async with database.transaction() as session:
        query = (await session.execute(select(Query).where(Query.question == "vendas secretas"))).scalar_one()
        query.borrowed = ["a key that nobody gives"]
        await session.flush()
        (vector,) = await app.state.engine.embeddings.of([query.question])
        await exchanges.put(session, query.id, vector)
    assert [item["question"] for item in (await search(ana, "vendas"))["items"]] == ["vendas abertas"]
