"""Password hashing: its parameters, its bounds, and the same work for known and unknown."""

import asyncio
from collections.abc import Iterator

import pytest

from app.core.errors import Overloaded
from app.core.errors.accounts import WeakPassword
from app.core.passwords import COMMON, MAX_RUNNING, MAX_WAITING, MIN_CHARS, PasswordHasher, check_password

pytestmark = pytest.mark.anyio


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher()
    yield hasher
    hasher.close()


async def test_hash_has_the_recommended_parameters_and_matches(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("a password")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await hasher.verify("a password", stored)).matches
    assert not (await hasher.verify("another", stored)).matches


async def test_without_an_account_no_password_matches(hasher: PasswordHasher) -> None:
    assert not (await hasher.verify("a password", None)).matches


async def test_work_beyond_the_queue_is_refused_and_the_queue_drains(hasher: PasswordHasher) -> None:
    places = MAX_RUNNING + MAX_WAITING
    tries = [hasher.verify("x", None) for _ in range(places + 3)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Overloaded) for result in results) == 3
    assert not (await hasher.verify("x", None)).matches


@pytest.mark.parametrize("password", ["12345678", "Senha123", "abababab", "ana@example.com", "ana.souza", "Ana Souza"])
def test_easy_password_is_refused(password: str) -> None:
    email = "ana.souza@example.com" if "@" not in password else password
    with pytest.raises(WeakPassword):
        check_password(password, email=email, name="Ana Souza")


@pytest.mark.parametrize("password", ["correct horse", "x7#kQ2!p", "ação e reação"])
def test_other_password_is_accepted(password: str) -> None:
    check_password(password, email="ana@example.com", name="Ana")


def test_list_of_common_passwords_holds_only_ones_that_could_be_chosen() -> None:
    assert len(COMMON) > 150
    assert all(len(password) >= MIN_CHARS and password == password.casefold() for password in COMMON)
