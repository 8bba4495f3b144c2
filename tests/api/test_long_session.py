"""A conversation of two hundred questions: what is sent stays within the budget, and what was said first is found."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.core.ids import new_id
from app.models import Conversation, Query, QueryState
from app.repositories import exchanges
from tests.api.test_sessions import begin
from tests.askable import ready_agent
from tests.people import People

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

TURNS = 200
FACT = "Quantos funcionários foram desligados em março?"
ANSWER = "Em março foram 17 pessoas."
ASKED_LATER = "how many employees were dismissed in March?"
TOPICS = ("soma de valor por produto", "quantidade por cidade", "média de preço por loja", "total de notas por mês")


async def test_fact_from_the_third_turn_is_told_at_the_two_hundredth_within_the_budget(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    told = [f"{TOPICS[turn % len(TOPICS)]} maior que {turn}" for turn in range(1, TURNS)]
    told[2] = FACT
    vectors = dict(zip((*TOPICS, FACT), await app.state.engine.embeddings.of([*TOPICS, FACT]), strict=True))
    async with database.transaction() as session:
        for place, question in enumerate(told):
            query = Query(
                id=new_id(),
                owner_id=ana.id,
                agent_version=1,
                session_id=UUID(session_id),
                message_number=2 * place + 1,
                question=question,
                answer=ANSWER if question == FACT else f"O total é {place}, com muitas linhas de detalhe. " * 3,
                sql="SELECT 1",
                language="pt-BR",
                state=QueryState.SUCCEEDED,
                outcome="answered",
            )
            session.add(query)
            await session.flush()
            topic = FACT if question == FACT else TOPICS[(place + 1) % len(TOPICS)]
            await exchanges.put(session, query.id, vectors[topic])
        await session.execute(
            update(Conversation).where(Conversation.id == UUID(session_id)).values(message_count=2 * len(told))
        )
    path = f"/api/v1/context/{session_id}"
    sizes = []
    for question in (ASKED_LATER, *TOPICS):
        seen = (await ana.client.get(path, params={"question": question})).json()
        sizes.append(seen["tokens"])
        assert seen["tokens"] <= seen["budget_tokens"]
    seen = (await ana.client.get(path, params={"question": ASKED_LATER})).json()
    third = next(part for part in seen["parts"] if part["number"] == 5)
    assert (third["sent"], third["reason"]) == (True, "means_alike")
    assert ANSWER in third["text"]
    assert sum(part["reason"] == "over_budget" for part in seen["parts"]) > TURNS / 4
    print(f"tokens a question: {sizes}")  # noqa: T201  (shown by pytest -s)
