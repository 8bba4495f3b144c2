"""Limits over HTTP: who is slowed down, what they are told, and who is not kept out."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.api.deps import count_stranger, get_actor, open_to_strangers
from app.api.openapi import PUBLIC_ROUTES
from app.core.config import Settings
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

ME = "/api/v1/users/me"
LOGIN = "/api/v1/auth/login"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    limits = {"requests_per_minute_user": 20, "requests_per_minute_key": 3, "requests_per_minute_address": 8}
    return settings.model_copy(update={**limits, "max_header_bytes": 4096})


def from_address(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 50000))
    return httpx.AsyncClient(transport=transport, base_url="http://agentgraph.test")


async def sign_in(client: httpx.AsyncClient, person: Person, password: str) -> httpx.Response:
    return await client.post(LOGIN, json={"email": person.email, "password": password})


async def test_a_user_beyond_the_limit_is_told_when_to_come_back_and_others_are_served(people: People) -> None:
    person, other = await people.normal(), await people.normal()
    answers = await asyncio.gather(*(person.client.get(ME) for _ in range(25)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 5
    problem = refused[0].json()
    assert (problem["code"], refused[0].headers["content-type"]) == ("rate_limited", "application/problem+json")
    assert int(refused[0].headers["retry-after"]) == problem["retry_after_s"] >= 1
    assert refused[0].headers["ratelimit"].startswith('"user";r=0;t=')
    assert (await other.client.get(ME)).status_code == 200


async def test_answers_tell_the_policy_and_what_is_left(people: People) -> None:
    person = await people.normal()
    first, second = await person.client.get(ME), await person.client.get("/api/v1/agents/does-not-exist")
    assert first.headers["ratelimit-policy"] == second.headers["ratelimit-policy"] == '"user";q=20;w=60'
    assert first.headers["ratelimit"].startswith('"user";r=19;t=')
    assert second.headers["ratelimit"].startswith('"user";r=18;t=')


async def test_a_key_has_a_limit_of_its_own_within_that_of_its_owner(people: People, app: FastAPI) -> None:
    person = await people.normal()
    made = await person.client.post("/api/v1/auth/api-keys", json={"name": "k", "scopes": ["profile:read"]})
    async with from_address(app, "192.0.2.1") as program:
        program.headers["X-API-Key"] = made.json()["key"]
        statuses = [(await program.get(ME)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        policies = (await program.get(ME)).headers["ratelimit-policy"]
    assert policies == '"user";q=20;w=60, "key";q=3;w=60'
    assert (await person.client.get(ME)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"X-API-Key": "ag_nonsense"}])
async def test_strangers_are_limited_by_address_and_signed_in_people_there_are_not(
    app: FastAPI, people: People, headers: dict[str, str]
) -> None:
    person = await people.normal()
    async with from_address(app, "192.0.2.1") as stranger:
        statuses = [(await stranger.get(ME, headers=headers)).status_code for _ in range(10)]
        assert statuses == [401] * 8 + [429] * 2
        assert (await stranger.get(ME, headers=person.headers)).status_code == 200
    async with from_address(app, "192.0.2.2") as elsewhere:
        assert (await elsewhere.get(ME, headers=headers)).status_code == 401


async def test_every_public_route_counts_its_caller(app: FastAPI) -> None:
    counted = {count_stranger, open_to_strangers, get_actor}
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            if (method, context.path_format) in PUBLIC_ROUTES and (context.path_format or "").startswith("/api/"):
                calls = {dependency.call for dependency in context.dependant.dependencies}
                assert calls & counted, context.path_format


async def test_large_heads_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez", headers={"X-Filler": "x" * 5000})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
    assert (await client.get(f"/livez?{'x' * 5000}")).status_code == 431


class TestWrongPasswords:
    """An installation with its own limits on requests out of the way."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"requests_per_minute_address": 0, "sign_in_tries": 3})

    async def test_one_address_is_slowed_down_and_even_the_right_password_waits(
        self, app: FastAPI, people: People
    ) -> None:
        person = await people.normal()
        async with from_address(app, "192.0.2.1") as client:
            statuses = [(await sign_in(client, person, "wrong one")).status_code for _ in range(5)]
            assert statuses == [401, 401, 401, 429, 429]
            refused = await sign_in(client, person, PASSWORD)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 120

    async def test_a_hundred_wrong_tries_elsewhere_keep_the_owner_out_from_nowhere(
        self, app: FastAPI, people: People
    ) -> None:
        person = await people.normal()
        async with from_address(app, "192.0.2.1") as stranger:
            statuses = [(await sign_in(stranger, person, "wrong one")).status_code for _ in range(100)]
        assert statuses.count(401) == 3
        async with from_address(app, "192.0.2.2") as owner:
            assert (await sign_in(owner, person, PASSWORD)).status_code == 200

    async def test_strangers_at_many_addresses_do_not_keep_the_owner_from_a_known_one(
        self, app: FastAPI, people: People
    ) -> None:
        person = await people.normal()
        async with from_address(app, "192.0.2.1") as owner:
            assert (await sign_in(owner, person, PASSWORD)).status_code == 200
        statuses = []
        for number in range(12):
            async with from_address(app, f"198.51.100.{number}") as stranger:
                statuses.append((await sign_in(stranger, person, "wrong one")).status_code)
        assert statuses == [401] * 6 + [429] * 6
        async with from_address(app, "192.0.2.1") as owner:
            assert (await sign_in(owner, person, PASSWORD)).status_code == 200

    async def test_one_password_tried_on_many_accounts_is_slowed_down(self, app: FastAPI) -> None:
        async with from_address(app, "192.0.2.1") as client:
            statuses = [
                (await client.post(LOGIN, json={"email": f"{n}@example.com", "password": "wrong"})).status_code
                for n in range(40)
            ]
        assert statuses == [401] * 36 + [429] * 4

    async def test_right_passwords_cost_no_tries(self, app: FastAPI, people: People) -> None:
        person = await people.normal()
        async with from_address(app, "192.0.2.1") as client:
            assert [(await sign_in(client, person, PASSWORD)).status_code for _ in range(8)] == [200] * 8

    async def test_unknown_and_known_accounts_are_slowed_down_alike(self, app: FastAPI, people: People) -> None:
        person = await people.normal()
        told = []
        for email, address in ((person.email, "192.0.2.1"), ("nobody@example.com", "192.0.2.2")):
            async with from_address(app, address) as client:
                answers = [await client.post(LOGIN, json={"email": email, "password": "no"}) for _ in range(4)]
            told.append([(answer.status_code, answer.json()["code"]) for answer in answers])
        assert told[0] == told[1]


class TestWithoutValkey:
    """Valkey is away."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        gone = {"valkey_url": "redis://127.0.0.1:1/0", "requests_per_minute_address": 0, "sign_in_tries": 3}
        return settings.model_copy(update=gone)

    async def test_requests_are_served_and_wrong_passwords_still_slowed_down(
        self, app: FastAPI, people: People
    ) -> None:
        person = await people.normal()
        assert (await person.client.get(ME)).status_code == 200
        async with from_address(app, "192.0.2.1") as client:
            statuses = [(await sign_in(client, person, "wrong one")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
