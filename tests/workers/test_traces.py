"""One trace of a question: from the POST over queue, worker, model and database to the last commit."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core import tracing
from app.core.config import Settings
from benchmarks.traces import draw, root_of
from tests.askable import ready_agent
from tests.conftest import JWT_SECRET
from tests.fakes.collector import Collector, GotSpan, collecting
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People
from tests.workers.conftest import StartWorker, until_state

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
QUESTION = "qual a soma de valor do canario-azul?"
SQL = "SELECT SUM(valor) AS canario_total FROM vendas"
MODEL = "openai:gpt-4o-mini"
GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"
ASKED_BY_CLIENT = {"traceparent": f"00-{GIVEN}-00f067aa0ba902b7-01"}


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A model that is overloaded once and then answers the question."""
    async with serve(Script.of(Reply(status=503), table={QUESTION: SQL})) as running:
        yield running


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Where spans go."""
    with collecting() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders, collector: Collector) -> Settings:
    """Models on the fake provider, spans to the collector."""
    return with_models(
        settings,
        providers,
        openai_api_key=SecretStr("fake-canary"),
        traces_url=collector.url,
        traces_headers={"Authorization": SecretStr(f"Bearer {collector.token}")},
    )


def above(spans: dict[str, GotSpan], span: GotSpan) -> list[str]:
    """Names of the spans above one, the nearest first."""
    names = []
    while span.parent_id in spans:
        span = spans[span.parent_id]
        names.append(span.name)
    return names


async def test_question_is_one_tree_over_all_processes(
    app: FastAPI, people: People, collector: Collector, start_worker: StartWorker
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    environment = {
        "AGENTGRAPH_TRACES_URL": collector.url,
        "AGENTGRAPH_TRACES_HEADERS": f'{{"Authorization": "Bearer {collector.token}"}}',
        "OPENAI_API_KEY": "fake-canary",
    }
    await start_worker("queries", **environment)
    body = {"agent_id": agent_id, "question": QUESTION}
    accepted = await ana.client.post(f"{QUERIES}/execute-async", json=body, headers=ASKED_BY_CLIENT)
    assert accepted.headers["X-Trace-ID"] == GIVEN
    path = accepted.headers["Location"]
    assert await until_state(ana.client, path, "succeeded", "failed") == "succeeded"
    assert (await ana.client.get(path)).json()["details"]["trace_id"] == GIVEN

    post, work = "POST /api/v1/queries/execute-async", "process queries"
    await asyncio.to_thread(collector.wait_for, GIVEN, post, work)
    spans = collector.trace(GIVEN)
    root = root_of(spans)
    tree = draw(spans, root.parent_id)
    sys.stdout.write("\n".join(tree))
    assert len(tree) == len(spans), "every span hangs on the one root"
    assert (root.name, root.service, root.attributes["http.response.status_code"]) == (post, "agentgraph-api", 202)

    (worked,) = [span for span in spans.values() if span.name == work]
    assert (worked.service, above(spans, worked)[-1]) == ("agentgraph-worker", post)
    calls = sorted((s for s in spans.values() if s.name == "chat gpt-4o-mini"), key=lambda one: one.started_ns)
    assert [call.is_failed for call in calls[:2]] == [True, False]
    assert all(work in above(spans, call) and "stage sql_agent" in above(spans, call) for call in calls)
    assert calls[-1].attributes["gen_ai.provider.name"] == "openai"
    assert int(calls[-1].attributes["gen_ai.usage.input_tokens"]) > 0
    asked = [span for span in spans.values() if span.name == "query source"]
    assert asked
    assert all(work in above(spans, span) for span in asked)
    transactions = [span for span in spans.values() if span.name == "transaction" and work in above(spans, span)]
    assert max(span.ended_ns for span in transactions) <= worked.ended_ns
    assert {"SELECT", "UPDATE", "WITH"} <= {s.name for s in spans.values() if "db.operation.name" in s.attributes}
    assert "send queries" in {span.name for span in spans.values()}


async def test_no_question_statement_answer_or_secret_is_in_what_is_sent(
    app: FastAPI, people: People, collector: Collector
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    body = {"agent_id": agent_id, "question": QUESTION}
    answered = await ana.client.post(f"{QUERIES}/execute", json=body)
    assert answered.status_code == 200, answered.text
    trace_id = answered.headers["X-Trace-ID"]
    await asyncio.to_thread(collector.wait_for, trace_id, "POST /api/v1/queries/execute")
    assert collector.refused == 0
    for secret in ("canari", "vendas", "SUM(", "425", ana.access_token, ana.email, "fake-canary", JWT_SECRET):
        assert secret.encode() not in collector.raw, secret


class TestLangSmith:
    """Nothing but a key for LangSmith is set, whose address is the collector's here."""

    @pytest.fixture
    def settings(self, settings: Settings, collector: Collector) -> Settings:
        return settings.model_copy(
            update={
                "traces_url": None,
                "traces_headers": {},
                "langsmith_api_key": SecretStr(collector.token),
                "langsmith_endpoint": collector.url.removesuffix("/v1/traces"),
            }
        )

    async def test_a_key_is_enough(self, people: People, collector: Collector) -> None:
        ana = await people.normal()
        listed = await ana.client.get(QUERIES + "/history")
        await asyncio.to_thread(collector.wait_for, listed.headers["X-Trace-ID"], "GET /api/v1/queries/history")
        assert collector.ways == {("/otel/v1/traces", "agentgraph")}
        assert collector.refused == 0


class TestShare:
    """A share of all traces is sent."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"traces_share": 0.0})

    async def test_what_is_not_chosen_has_its_id_all_the_same(self, people: People, collector: Collector) -> None:
        ana = await people.normal()
        ids = {(await ana.client.get(QUERIES + "/history")).headers["X-Trace-ID"] for _ in range(3)}
        assert len(ids) == 3
        assert collector.spans == []


class TestOff:
    """No receiver is set."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"traces_url": None})

    async def test_ids_go_on_and_no_span_is_made(self, app: FastAPI, people: People, collector: Collector) -> None:
        ana = await people.normal()
        agent_id = await ready_agent(app, ana)
        body = {"agent_id": agent_id, "question": "qual a soma de valor?"}
        answered = await ana.client.post(f"{QUERIES}/execute", json=body, headers=ASKED_BY_CLIENT)
        assert answered.headers["X-Trace-ID"] == GIVEN
        assert answered.json()["details"]["trace_id"] == GIVEN
        assert not tracing.is_sent()
        assert collector.spans == []
