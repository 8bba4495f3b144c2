"""Registering, signing in, staying signed in and signing out, over HTTP."""

import httpx
import pytest

from tests.people import People

pytestmark = pytest.mark.anyio

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
NEWCOMER = {"email": "Ana@Example.com", "name": "Ana", "password": "uma frase bem longa"}


async def test_newcomer_registers_signs_in_and_reads_the_own_profile(client: httpx.AsyncClient) -> None:
    registered = await client.post(f"{AUTH}/register", json=NEWCOMER)
    assert registered.status_code == 201, registered.text
    login = await client.post(f"{AUTH}/login", json={"email": "ana@example.COM", "password": NEWCOMER["password"]})
    assert login.status_code == 200, login.text
    tokens = login.json()
    profile = await client.get(ME, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert profile.status_code == 200, profile.text
    assert profile.json() == tokens["user"]
    assert profile.json()["kind"] == "NORMAL"
    assert "files:upload" in profile.json()["permissions"]
    assert tokens["expires_in"] == 900


async def test_logout_ends_the_sign_in_at_once(people: People) -> None:
    person = await people.normal()
    assert (await person.client.get(ME)).status_code == 200
    assert (await person.client.post(f"{AUTH}/logout")).status_code == 204
    refused = await person.client.get(ME)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
