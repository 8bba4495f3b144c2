"""Forged, stale and malformed access tokens: each gets the same 401."""

import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.core.security import LEEWAY_S
from app.models import User
from app.services.accounts.credentials import Credentials
from tests.data import data_path
from tests.people import PASSWORD, People, Person
from tests.waiting import until_given

pytestmark = pytest.mark.anyio

ME = "/api/v1/users/me"
RSA_PUBLIC_KEY = "not a PEM key, only known to the attacker as well as to us"


class Forger:
    """Makes tokens like ours, also with our own key, to show that each single defect is enough."""

    def __init__(self, credentials: Credentials, person: Person) -> None:
        ((self.key_id, self.key),) = credentials.access._keys.items()
        self.person = person
        self.claims = jwt.decode(person.access_token, options={"verify_signature": False})

    def make(self, *, key: bytes | str | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A signed token; a claim of None is left out."""
        body = {name: value for name, value in (self.claims | claims).items() if value is not None}
        headers = {"typ": "at+jwt", "kid": self.key_id} | (header or {})
        return jwt.encode(body, self.key if key is None else key, algorithm="HS256", headers=headers)

    def unsigned(self, algorithm: str) -> str:
        """A token without a signature."""
        head = _part({"alg": algorithm, "typ": "at+jwt", "kid": self.key_id})
        return f"{head}.{_part(self.claims)}."

    def tampered(self) -> str:
        """A valid token whose claims were changed afterwards."""
        head, _, signature = self.person.access_token.split(".")
        return f"{head}.{_part(self.claims | {'role': 'ADMIN'})}.{signature}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _in(seconds: float) -> int:
    return int(time.time() + seconds)


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "alg=none": lambda forger: forger.unsigned("none"),
    "alg=nOnE": lambda forger: forger.unsigned("nOnE"),
    "alg=HS256 signed with the RS256 public key": lambda forger: forger.make(key=RSA_PUBLIC_KEY),
    "kid=../../dev/null": lambda forger: forger.make(key=b"x" * 32, header={"kid": "../../dev/null"}),
    "kid=x' UNION SELECT 'k' --": lambda forger: forger.make(key=b"k" * 32, header={"kid": "x' UNION SELECT 'k' --"}),
    "jku=https://evil.example/jwks.json": lambda forger: forger.make(header={"jku": "https://evil.example/jwks.json"}),
    "jwk embedded in the header": lambda forger: forger.make(header={"jwk": {"kty": "oct", "k": "AAAA"}}),
    "refresh token sent as the access token": lambda forger: forger.person.refresh_token,
    "exp missing": lambda forger: forger.make(exp=None),
    "exp = now - 61 s with leeway 60 s": lambda forger: forger.make(exp=_in(-61)),
    "nbf = now + 120 s": lambda forger: forger.make(nbf=_in(120)),
    "iat in the future by 1 h": lambda forger: forger.make(iat=_in(3600)),
    "aud of another service": lambda forger: forger.make(aud="another-service"),
    "role=ADMIN claim changed, signature kept": lambda forger: forger.tampered(),
    "500 kB token": lambda forger: forger.make(padding="x" * 500_000),
    "JWE zip=DEF bomb": lambda _: f"{_part({'alg': 'dir', 'enc': 'A128GCM', 'zip': 'DEF'})}..AAAA.{'A' * 6000}.AAAA",
}
"""How each kind of forged token of the attack corpus is made."""

MORE_FORGERIES: dict[str, Callable[[Forger], str]] = {
    "another type of token": lambda forger: forger.make(header={"typ": "JWT"}),
    "another issuer": lambda forger: forger.make(iss="another"),
    "nbf missing": lambda forger: forger.make(nbf=None),
    "jti missing": lambda forger: forger.make(jti=None),
    "iat missing": lambda forger: forger.make(iat=None),
    "sid missing": lambda forger: forger.make(sid=None),
    "sid of another sign-in": lambda forger: forger.make(sid=str(uuid4())),
    "sub of another user": lambda forger: forger.make(sub=str(uuid4())),
    "sub is no id": lambda forger: forger.make(sub="admin"),
    "sid is a list": lambda forger: forger.make(sid=["x"]),
    "critical extension": lambda forger: forger.make(header={"crit": ["b64"], "b64": True}),
    "empty": lambda _: "",
    "not a token": lambda _: "a.b.c",
    "one part": lambda _: "e30",
    "four parts": lambda forger: forger.person.access_token + ".e30",
    "header is a list": lambda _: "W10.e30.AAAA",
}

AFTER_ISSUE = {"token of a deleted, disabled or demoted user", "refresh token used twice"}
"""Items of the corpus that need an act and no forgery; they have tests of their own."""


@pytest.fixture
async def forger(app: FastAPI, people: People) -> Forger:
    return Forger(app.state.credentials, await people.normal())


async def _use(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get(ME, headers=[(b"Authorization", b"Bearer " + token.encode())])


@pytest.mark.parametrize("name", [*FORGERIES, *MORE_FORGERIES])
async def test_forged_token_is_refused(client: httpx.AsyncClient, forger: Forger, name: str) -> None:
    token = (FORGERIES | MORE_FORGERIES)[name](forger)
    answer = await _use(client, token)
    # One that is larger than any head of a request may be is refused before it is looked at.
    expected = (431, {"headers_too_large"}) if len(token) > 32 * 1024 else (401, {"token_invalid", "unauthenticated"})
    assert answer.status_code == expected[0]
    assert answer.json()["code"] in expected[1]
    assert (await _use(client, forger.make())).status_code == 200


async def test_a_token_that_was_used_is_refused_from_its_end_on(client: httpx.AsyncClient, forger: Forger) -> None:
    token = forger.make(exp=_in(2 - LEEWAY_S))
    assert (await _use(client, token)).status_code == 200

    async def refusal() -> httpx.Response | None:
        answer = await _use(client, token)
        return None if answer.status_code == 200 else answer

    refused = await until_given(refusal, timeout_s=10)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")


def test_every_token_of_the_attack_corpus_is_tried() -> None:
    lines = data_path("attacks/attacks.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    assert {item["sql"] for item in items if item["dialect"] == "input:jwt"} == FORGERIES.keys() | AFTER_ISSUE


async def _disable(database: Database, person: Person) -> None:
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == person.id).values(is_active=False))


async def _delete(_: Database, person: Person) -> None:
    assert (await person.client.request("DELETE", ME, json={"password": PASSWORD})).status_code == 202


@pytest.mark.parametrize("end", [_disable, _delete])
async def test_token_of_a_gone_user_is_refused(
    people: People, database: Database, end: Callable[[Database, Person], Awaitable[None]]
) -> None:
    person = await people.normal()
    assert (await person.client.get(ME)).status_code == 200
    await end(database, person)
    assert (await person.client.get(ME)).json()["code"] == "token_invalid"


async def test_token_is_valid_within_the_allowed_clock_difference(client: httpx.AsyncClient, forger: Forger) -> None:
    assert (await _use(client, forger.make(nbf=_in(5), iat=_in(5)))).status_code == 200
    assert (await _use(client, forger.make(exp=_in(-5)))).status_code == 200
    assert (await _use(client, forger.make(exp=_in(-31)))).status_code == 401


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "bearer", "Token abc", "Bearer a b"])
async def test_other_authorization_headers_are_no_sign_in(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_header_without_token_says_how_to_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
