"""A second factor: set up with an app, asked for at every sign-in, each code good for one, and switched off again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from app.core import one_time_codes
from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from app.services.accounts.secret_renewal import renew_secrets
from app.services.engine.engine import Engine
from tests.conftest import MASTER_KEY, RecordingPublisher
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

FACTOR = "/api/v1/auth/second-factor"
LOGIN = "/api/v1/auth/login"


class Watch:
    """A clock that the test moves: each code counts for half a minute."""

    def __init__(self) -> None:
        self.time = datetime(2026, 12, 1, 12, 0, 15, tzinfo=UTC)

    def now(self) -> datetime:
        """The present moment, as far as codes go."""
        return self.time

    def code(self, key: str, *, steps: int = 0) -> str:
        """What an app shows now, or so many steps away."""
        return pyotp.TOTP(key).at(for_time=self.time, counter_offset=steps)

    def move(self, *, steps: int = 1) -> None:
        """Lets some codes pass."""
        self.time += timedelta(seconds=steps * one_time_codes.STEP_S)


@pytest.fixture
def watch() -> Watch:
    """The clock by which codes are judged."""
    return Watch()


@pytest.fixture
async def app(settings: Settings, publisher: RecordingPublisher, watch: Watch) -> AsyncIterator[FastAPI]:
    """The real application, by that clock."""
    app = create_app(settings, publisher=publisher, prewarm=False, now=watch.now)
    async with app.router.lifespan_context(app):
        yield app


async def _on(person: Person, watch: Watch) -> tuple[str, list[str]]:
    """Sets a second factor up; gives the app's secret and the recovery codes."""
    started = await person.client.post(FACTOR, json={"password": PASSWORD})
    assert started.status_code == 201, started.text
    key = started.json()["base32"]
    confirmed = await person.client.post(f"{FACTOR}/confirm", json={"code": watch.code(key)})
    assert confirmed.status_code == 200, confirmed.text
    watch.move(steps=2)
    return key, confirmed.json()["recovery_codes"]


async def _login(client: httpx.AsyncClient, person: Person, code: str | None = None) -> tuple[int, str | None]:
    body: dict[str, Any] = {"email": person.email, "password": PASSWORD, **({} if code is None else {"code": code})}
    answer = await client.post(LOGIN, json=body)
    return answer.status_code, answer.json().get("code")


async def test_sign_in_needs_a_code_once_the_app_is_confirmed(
    people: People, client: httpx.AsyncClient, watch: Watch
) -> None:
    ana = await people.normal()
    started = await ana.client.post(FACTOR, json={"password": PASSWORD})
    assert pyotp.parse_uri(started.json()["uri"]).secret == started.json()["base32"]
    assert await _login(client, ana) == (200, None), "not confirmed: nothing has changed"
    key, codes = await _on(ana, watch)
    assert (await ana.client.get(FACTOR)).json()["recovery_codes_left"] == len(set(codes)) == 10
    assert await _login(client, ana) == (401, "second_factor_required")
    assert await _login(client, ana, watch.code(key)) == (200, None)
    assert (await ana.client.get("/api/v1/users/me")).status_code == 200, "who is signed in stays so"


async def test_a_code_counts_once_and_for_its_time(people: People, client: httpx.AsyncClient, watch: Watch) -> None:
    ana = await people.normal()
    key, _ = await _on(ana, watch)
    assert await _login(client, ana, watch.code(key, steps=-1)) == (200, None), "a slow typist"
    assert await _login(client, ana, watch.code(key, steps=-1)) == (401, "second_factor_wrong")
    assert await _login(client, ana, watch.code(key)) == (200, None)
    assert await _login(client, ana, watch.code(key)) == (401, "second_factor_wrong")
    watch.move(steps=3)
    assert await _login(client, ana, watch.code(key, steps=-2)) == (401, "second_factor_wrong")


async def test_a_recovery_code_counts_once_however_it_is_typed(
    people: People, client: httpx.AsyncClient, watch: Watch
) -> None:
    ana, bia = await people.normal(), await people.normal()
    (_, codes), (_, other) = await _on(ana, watch), await _on(bia, watch)
    assert await _login(client, ana, f" {codes[0].upper()} ") == (200, None)
    assert await _login(client, ana, codes[0]) == (401, "second_factor_wrong")
    assert await _login(client, ana, other[0]) == (401, "second_factor_wrong")
    assert (await ana.client.get(FACTOR)).json()["recovery_codes_left"] == 9


async def test_wrong_codes_make_wait_and_a_wrong_password_tells_nothing(
    people: People, client: httpx.AsyncClient, watch: Watch
) -> None:
    ana = await people.normal()
    key, _ = await _on(ana, watch)
    body = {"email": ana.email, "password": "not this one", "code": watch.code(key)}
    assert (await client.post(LOGIN, json=body)).json()["code"] == "bad_credentials"
    seen = [await _login(client, ana, "000000") for _ in range(8)]
    assert (429, "rate_limited") in seen
    assert await _login(client, ana, watch.code(key)) == (429, "rate_limited")


async def test_it_is_switched_off_by_password_and_code_together(
    people: People, client: httpx.AsyncClient, watch: Watch
) -> None:
    ana = await people.normal()
    key, _ = await _on(ana, watch)
    assert (await ana.client.post(FACTOR, json={"password": PASSWORD})).json()["code"] == "second_factor_on"
    wrong = {"password": PASSWORD, "code": "000000"}
    assert (await ana.client.request("DELETE", FACTOR, json=wrong)).json()["code"] == "second_factor_wrong"
    wrong = {"password": "not this one", "code": watch.code(key)}
    assert (await ana.client.request("DELETE", FACTOR, json=wrong)).json()["code"] == "wrong_password"
    right = {"password": PASSWORD, "code": watch.code(key)}
    assert (await ana.client.request("DELETE", FACTOR, json=right)).status_code == 204
    assert await _login(client, ana) == (200, None)


async def test_a_manager_switches_it_off_for_whoever_has_lost_everything(
    people: People, client: httpx.AsyncClient, watch: Watch
) -> None:
    admin, master, ana = await people.admin(), await people.master(), await people.normal()
    await _on(ana, watch)
    path = f"/api/v1/users/{ana.id}/second-factor"
    assert (await master.client.delete(path)).status_code == 404, "somebody else's user"
    assert (await ana.client.delete(path)).status_code == 403
    assert (await admin.client.delete(path)).status_code == 204
    assert (await admin.client.delete(path)).status_code == 404
    assert await _login(client, ana) == (200, None)


async def test_the_secret_is_stored_sealed_and_follows_the_master_key(
    app: FastAPI, people: People, client: httpx.AsyncClient, database: Database, watch: Watch
) -> None:
    ana = await people.normal()
    key, codes = await _on(ana, watch)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT f::text, c::text FROM second_factors f, recovery_codes c"))).all()
        before = (await session.execute(text("SELECT secret FROM second_factors"))).scalar_one()
    stored = str(rows)
    assert key not in stored
    assert key.encode().hex() not in stored
    assert codes[0] not in stored
    engine: Engine = app.state.engine
    settings = engine.platform.settings
    settings.master_key = SecretStr("another-0123456789abcdef-0123456789abcdef")
    settings.master_previous_keys = [SecretStr(MASTER_KEY)]
    assert await renew_secrets(engine.platform) == 1
    async with database.read() as session:
        assert (await session.execute(text("SELECT secret FROM second_factors"))).scalar_one() != before
    settings.master_previous_keys = []
    assert await _login(client, ana, watch.code(key)) == (200, None)
