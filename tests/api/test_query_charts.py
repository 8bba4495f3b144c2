"""Charts of answers over HTTP: the one that came with the answer, others of the same rows, and pictures."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.services.engine.engine import Engine
from tests.askable import ready_agent
from tests.people import People, Person

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
BY_REGION = "soma de valor por regiao"


async def asked(app: FastAPI, person: Person, question: str = BY_REGION, **options: object) -> dict[str, Any]:
    """An answered query of `person`."""
    body = {"agent_id": await ready_agent(app, person, **options), "question": question}
    answered = await person.client.post(f"{QUERIES}/execute", json=body)
    assert answered.status_code == 200, answered.text
    query: dict[str, Any] = answered.json()
    return query


async def chart(person: Person, query: dict[str, Any], kind: str | None = None, **headers: str) -> httpx.Response:
    params = {} if kind is None else {"type": kind}
    return await person.client.get(f"{QUERIES}/{query['id']}/chart", params=params, headers=headers)


async def test_chart_comes_as_specification_png_and_svg(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    assert query["chart"], query["details"]["chart_reason"]
    spec = await chart(ana, query)
    png = await chart(ana, query, Accept="image/png")
    svg = await chart(ana, query, Accept="image/svg+xml")
    assert spec.json() == query["chart"]["spec"]
    assert (png.headers["content-type"], png.content[:4]) == ("image/png", b"\x89PNG")
    assert svg.text.startswith("<svg")


async def test_another_kind_is_drawn_from_the_same_rows_without_a_new_question(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    pie = await chart(ana, query, "pie")
    shares = {record["place"]: record["value"] for record in pie.json()["data"]["values"]}
    assert shares == {"Sul": 250, "Norte": 100.5, "Leste": 75.25}
    assert "Gráfico de pizza" in pie.json()["description"]
    assert (await ana.client.get(f"{QUERIES}/{query['id']}")).json()["chart"] == query["chart"]
    assert len((await ana.client.get(f"{QUERIES}/history")).json()["items"]) == 1


async def test_every_kind_that_is_said_to_suit_is_drawn_and_others_are_refused(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    kinds = (await ana.client.get(f"{QUERIES}/{query['id']}/chart/types", headers={"Accept-Language": "pt-BR"})).json()
    named = {kind["type"]: kind["name"] for kind in kinds}
    suits = {kind["type"] for kind in kinds if kind["suits"]}
    assert len(kinds) == 14
    assert named["pie"] == "gráfico de pizza"
    assert {kind["type"] for kind in kinds if kind["chosen"]} == {query["chart"]["type"]}
    assert {"bar", "horizontal_bar", "line", "area", "pie", "donut"} == suits
    for kind in named:
        drawn = await chart(ana, query, kind)
        assert drawn.status_code == (200 if kind in suits else 422), kind


async def test_rows_that_do_not_make_the_chart_are_refused_with_the_reason(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    refused = await chart(ana, query, "scatter", **{"Accept-Language": "pt-BR"})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "chart_unsuitable")
    assert problem["detail"] == "estas linhas não formam um gráfico de dispersão, que exige duas quantidades"
    assert "pie" in problem["suitable"]
    assert (await chart(ana, query, "sunburst")).json()["code"] == "validation_failed"


async def test_answer_of_one_value_has_no_chart_and_says_why(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana, "qual a soma de valor?")
    problem = (await chart(ana, query)).json()
    assert (problem["code"], problem["detail"]) == ("chart_unsuitable", "a single value needs no chart")
    assert problem["suitable"] == []


async def test_agent_without_charts_still_lets_one_be_asked_for(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana, charts_enabled=False)
    assert query["chart"] is None
    spec = (await chart(ana, query)).json()
    assert {record["place"] for record in spec["data"]["values"]} == {"Sul", "Norte", "Leste"}


async def test_picture_is_kept_and_a_missing_one_fails_without_harm(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    engine: Engine = app.state.engine
    query = await asked(app, ana)
    first = await chart(ana, query, Accept="image/png")
    await engine.pictures.close()
    again = await chart(ana, query, Accept="image/png")
    other = await chart(ana, query, Accept="image/svg+xml")
    assert first.content == again.content
    assert (other.status_code, other.json()["code"]) == (503, "picture_failed")
    assert (await chart(ana, query)).status_code == 200
