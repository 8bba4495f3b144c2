"""Questions that go on from the one before, over HTTP, read by the built-in planner."""

import pytest
from fastapi import FastAPI

from tests.api.test_sessions import begin, say
from tests.askable import ready_agent, ready_file
from tests.people import People, Person

pytestmark = pytest.mark.anyio

SALES_EN = (
    "CREATE TABLE sales (region TEXT, product TEXT, amount REAL, units INTEGER, date DATE)",
    "INSERT INTO sales VALUES ('North', 'Desk', 100.5, 2, '2023-01-10'), ('South', 'Desk', 10.5, 2, '2023-05-10'),"
    " ('South', 'Chair', 50, 4, '2024-01-20'), ('South', 'Desk', 200, 1, '2024-02-05'),"
    " ('East', 'Closet', 75.25, 3, '2024-02-11'), ('North', 'Desk', 300, 5, '2024-03-01')",
)


async def english_agent(app: FastAPI, owner: Person) -> str:
    file_id = await ready_file(app, owner, statements=SALES_EN, name="sales.csv")
    made = await owner.client.post("/api/v1/agents/", json={"name": "Sales", "source_ids": [str(file_id)]})
    agent_id: str = made.json()["id"]
    return agent_id


async def rows(person: Person, session_id: str, text: str) -> list[list[object]]:
    answered = await say(person, session_id, text)
    assert answered.status_code == 200, answered.text
    found: list[list[object]] = answered.json()["query"]["result"]["rows"]
    return found


async def test_follow_ups_in_portuguese_take_over_what_they_leave_out(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, "soma de valor por regiao")
    by_month = await rows(ana, session_id, "e por mês?")
    assert by_month == [["2024-01", 100.5], ["2024-02", 250], ["2024-03", 75.25]]
    assert await rows(ana, session_id, "só o Sul") == [["2024-02", 250]]
    assert await rows(ana, session_id, "e a quantidade?") == [["2024-02", 5]]


async def test_follow_ups_in_english_take_over_what_they_leave_out(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    await say(ana, session_id, "total amount by region in 2024")
    assert await rows(ana, session_id, "only the south") == [["South", 250]]
    assert await rows(ana, session_id, "and the year before?") == [["South", 10.5]]
    assert await rows(ana, session_id, "and by product?") == [["Desk", 10.5]]


@pytest.mark.parametrize("words", ["as a pie", "Show it as a pie chart, please", "em pizza", "e num gráfico de pizza?"])
async def test_another_chart_is_drawn_of_the_same_rows(app: FastAPI, people: People, words: str) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    before = (await say(ana, session_id, "total amount by region")).json()["query"]
    after = (await say(ana, session_id, words)).json()["query"]
    assert (before["chart"]["type"], after["chart"]["type"]) == ("bar", "pie")
    assert after["result"] == before["result"]
    assert (after["sql"], after["answered_by"]) == (before["sql"], "repeat")
    assert after["details"]["continues"] == "total amount by region"
    assert await rows(ana, session_id, "and by product?") == [["Desk", 611], ["Closet", 75.25], ["Chair", 50]]


async def test_answer_says_which_question_it_went_on_from(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    await say(ana, session_id, "total amount by region")
    query = (await say(ana, session_id, "and by product?")).json()["query"]
    assert query["details"]["continues"] == "total amount by region"
    assert [step["text"] for step in query["details"]["steps"]] == ["total amount by region", "and by product?"]
    assert query["details"]["reading"].startswith("sum of amount by product")


async def test_short_follow_up_is_answered_in_the_language_of_the_conversation(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    await say(ana, session_id, "total amount by region")
    assert (await say(ana, session_id, "as a pie")).json()["query"]["language"] == "en"
    assert (await say(ana, session_id, "e por produto?")).json()["query"]["language"] == "pt-BR"


async def test_question_that_stands_alone_forgets_what_was_said(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    await say(ana, session_id, "total amount by region in 2023")
    assert await rows(ana, session_id, "And how many products are there?") == [[3]]
    query = (await say(ana, session_id, "what is the total amount?")).json()["query"]
    assert (query["result"]["rows"], query["details"]["continues"]) == ([[736.25]], None)


async def test_words_that_cannot_be_placed_are_named_and_the_thread_is_kept(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await english_agent(app, ana))
    await say(ana, session_id, "total amount by region in 2024")
    refused = await say(ana, session_id, "only the moon")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_answerable")
    assert "moon" in refused.json()["detail"]
    assert await rows(ana, session_id, "and in 2023?") == [["North", 100.5], ["South", 10.5]]


async def test_same_words_after_other_questions_do_not_share_the_cache(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await english_agent(app, ana)
    first, second, third = [await begin(ana, agent_id) for _ in range(3)]
    await say(ana, first, "total amount by region")
    await say(ana, second, "total units by region")
    await say(ana, third, "total amount by region")
    amounts = await rows(ana, first, "and by product?")
    units = await rows(ana, second, "and by product?")
    again = (await say(ana, third, "and by product?")).json()["query"]
    assert (amounts[0], units[0]) == (["Desk", 611], ["Desk", 10])
    assert (again["answered_by"], again["result"]["rows"]) == ("cache", amounts)


async def test_follow_up_reads_the_replaced_file(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await english_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, "total amount by region")
    file_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    new = (SALES_EN[0], "INSERT INTO sales VALUES ('West', 'Lamp', 7, 1, '2025-01-01')")
    await ready_file(app, ana, statements=new, file_id=file_id, number=2)
    assert await rows(ana, session_id, "and by product?") == [["Lamp", 7]]
