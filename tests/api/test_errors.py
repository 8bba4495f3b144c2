"""Problem documents, request ids, headers and limits, for every way a request can go wrong."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Path
from pydantic import Field

from app.core.config import Settings
from app.main import create_app
from app.schemas.common import RequestModel
from tests.conftest import RecordingPublisher, client_of
from tests.people import People

pytestmark = pytest.mark.anyio

REGISTER = "/api/v1/auth/register"
ME = "/api/v1/users/me"
SECRET = "postgresql://user:hunter2hunter2@db/x"
MAX_BODY_BYTES = 1024**2
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class _Item(RequestModel):
    count: int
    tags: list[str] = Field(default_factory=list)


class _Probe(RequestModel):
    items: list[_Item]


def _probes() -> APIRouter:
    router = APIRouter()

    @router.get("/probe/defect")
    async def defect() -> None:
        raise RuntimeError(SECRET)

    @router.post("/probe/items/{number}")
    async def items(number: Annotated[int, Path(ge=1)], body: _Probe) -> int:
        return number + len(body.items)

    return router


@pytest.fixture
async def probed(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with two more routes: one with a defect, one with a nested body."""
    app = create_app(settings, publisher=publisher, prewarm=False)
    app.include_router(_probes())
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:agentgraph:error:{code}"
    assert problem["instance"] == answer.request.url.path
    assert len(problem["trace_id"]) == 32
    assert problem["title"]
    assert problem["detail"]


async def test_unknown_route_is_a_problem(client: httpx.AsyncClient) -> None:
    _assert_problem(await client.get("/api/v1/nothing"), 404, "not_found")


async def test_wrong_method_is_a_problem_that_names_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.patch(ME)
    _assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_missing_sign_in_is_a_problem(client: httpx.AsyncClient) -> None:
    _assert_problem(await client.get(ME), 401, "unauthenticated")


async def test_defect_is_a_problem_that_tells_nothing_but_the_trace(
    probed: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await probed.get("/probe/defect")
    _assert_problem(answer, 500, "internal")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["x-request-id"]
    assert answer.json()["trace_id"] in caplog.text


async def test_refused_fields_are_named_by_json_pointers(probed: httpx.AsyncClient) -> None:
    body = {"items": [{"count": 1}, {"count": "x", "tags": ["a", 2], "extra/field~": 1}]}
    answer = await probed.post("/probe/items/0", json=body)
    _assert_problem(answer, 422, "validation_failed")
    found = {(problem["location"], problem["pointer"], problem["code"]) for problem in answer.json()["errors"]}
    assert found == {
        ("path", "/number", "greater_than_equal"),
        ("body", "/items/1/count", "int_parsing"),
        ("body", "/items/1/tags/1", "string_type"),
        ("body", "/items/1/extra~1field~0", "extra_forbidden"),
    }


@pytest.mark.parametrize("content", [b"{", b"[1,", b'{"a": 1} x', b"\xff\xfe"])
async def test_body_that_is_no_json_is_refused(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post(REGISTER, content=content, headers={"Content-Type": "application/json"})
    _assert_problem(answer, 422, "validation_failed")


@pytest.mark.parametrize("body", [None, [], 1, "x", {"email": None}])
async def test_body_of_another_shape_is_refused(client: httpx.AsyncClient, body: object) -> None:
    _assert_problem(await client.post(REGISTER, json=body), 422, "validation_failed")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
async def test_text_that_the_database_cannot_store_is_refused(client: httpx.AsyncClient, name: str) -> None:
    content = '{"email": "a@example.com", "password": "long enough", "name": "%s"}'
    escaped = "".join(f"\\u{ord(character):04x}" for character in name)
    answer = await client.post(REGISTER, content=content % escaped, headers={"Content-Type": "application/json"})
    _assert_problem(answer, 422, "validation_failed")


@pytest.mark.parametrize(
    ("header", "language", "word"),
    [("pt-BR,pt;q=0.9,en;q=0.5", "pt-BR", "obrigatório"), ("en-US", "en", "required"), ("de", "en", "required")],
)
async def test_texts_follow_the_readers_language(
    client: httpx.AsyncClient, header: str, language: str, word: str
) -> None:
    answer = await client.post(REGISTER, json={}, headers={"Accept-Language": header})
    assert answer.headers["content-language"] == language
    assert word in answer.json()["errors"][0]["detail"]


async def test_catalogue_of_permissions_speaks_the_readers_language(people: People) -> None:
    person = await people.normal()
    catalogue = (await person.client.get("/api/v1/permissions", headers={"Accept-Language": "pt"})).json()
    assert {"permission": "files:upload", "allows": "enviar arquivos", "kinds": ["ADMIN", "MASTER", "NORMAL"]} in (
        catalogue["items"]
    )


async def test_request_id_is_echoed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez", headers={"X-Request-ID": "order-17.a"})
    assert answer.headers["x-request-id"] == "order-17.a"


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "é"])
async def test_unfit_request_id_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/livez", headers=[(b"X-Request-ID", given.encode())])
    assert len(answer.headers["x-request-id"]) == 32


async def test_trace_of_the_caller_is_continued(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing", headers={"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"})
    assert answer.json()["trace_id"] == TRACE_ID


@pytest.mark.parametrize("parent", ["", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE_ID}-{'0' * 16}-01", "x"])
async def test_unfit_traceparent_starts_a_new_trace(client: httpx.AsyncClient, parent: str) -> None:
    trace_id = (await client.get("/nothing", headers={"traceparent": parent})).json()["trace_id"]
    assert len(trace_id) == 32
    assert trace_id not in {TRACE_ID, "0" * 32}


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/openapi.json", ME])
async def test_every_response_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


async def test_body_above_the_limit_is_refused_by_its_declared_length(client: httpx.AsyncClient) -> None:
    answer = await client.post(REGISTER, content=b"x" * (MAX_BODY_BYTES + 1))
    _assert_problem(answer, 413, "too_large")
    assert answer.json()["limit_bytes"] == MAX_BODY_BYTES


async def test_body_above_the_limit_is_refused_by_the_bytes_that_arrive(client: httpx.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 65_536

    answer = await client.post(REGISTER, content=chunks(), headers={"Content-Type": "application/json"})
    _assert_problem(answer, 413, "too_large")
    assert "content-length" not in answer.request.headers


async def test_body_just_within_the_limit_is_read(client: httpx.AsyncClient) -> None:
    body = b'{"email": "a@example.com", "name": "A", "password": "a long password"}'
    content = body + b" " * (MAX_BODY_BYTES - len(body))
    answer = await client.post(REGISTER, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


class TestBrowsers:
    """Applications in browsers call from the origins that the settings name."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"cors_origins": ["https://app.example.com"]})

    async def test_named_origin_may_call_and_another_may_not(self, client: httpx.AsyncClient) -> None:
        ours = await client.get("/nothing", headers={"Origin": "https://app.example.com"})
        assert ours.headers["access-control-allow-origin"] == "https://app.example.com"
        other = await client.get("/nothing", headers={"Origin": "https://evil.example.com"})
        assert "access-control-allow-origin" not in other.headers


async def test_health_tells_what_is_up(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).json() == {"status": "up"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"is_ready": True, "database": "up", "valkey": "up"})


class TestBrokenInstallation:
    """The database and Valkey are away."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        away = {"database_url": "postgresql://a:b@127.0.0.1:9/x", "valkey_url": "redis://127.0.0.1:9/0"}
        return settings.model_copy(update=away)

    async def test_process_lives_but_is_not_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"is_ready": False, "database": "down", "valkey": "down"})

    async def test_request_is_refused_with_the_hint_to_come_back(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/auth/login", json={"email": "a@example.com", "password": "x"})
        _assert_problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "1"
        assert "127.0.0.1" not in answer.text
