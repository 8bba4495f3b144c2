"""Users of every kind for tests, signed in without paying for a password hash each time."""

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Final
from uuid import UUID

import httpx
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.passwords import LANES, MEMORY_KIB, PASSES
from app.core.permissions import UserKind
from app.models import User
from app.repositories import users
from app.services.accounts.auth import Device, open_sign_in
from app.services.accounts.credentials import Credentials
from app.services.platform import Platform

PASSWORD: Final = "correct horse battery"
DEVICE: Final = Device(address="127.0.0.1", user_agent="tests")
_numbers = count()


@cache
def password_hash() -> str:
    """The hash of PASSWORD, made once a session with the product's own parameters."""
    hasher = Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
    return PasswordHash((hasher,)).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user and what a client of theirs holds."""

    id: UUID
    email: str
    kind: UserKind
    access_token: str
    refresh_token: str
    client: httpx.AsyncClient
    """Calls the application in this user's name."""

    @property
    def headers(self) -> dict[str, str]:
        """The Authorization header, for other clients."""
        return {"Authorization": f"Bearer {self.access_token}"}


class People:
    """Makes users straight in the database of one application, through the product's own services."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._platform: Platform = app.state.platform
        self._credentials: Credentials = app.state.credentials

    async def normal(self) -> Person:
        """A new NORMAL user."""
        return await self.make(UserKind.NORMAL)

    async def master(self) -> Person:
        """A new MASTER."""
        return await self.make(UserKind.MASTER)

    async def admin(self) -> Person:
        """A new ADMIN."""
        return await self.make(UserKind.ADMIN)

    async def make(self, kind: UserKind) -> Person:
        """A new user of `kind`, whose password is PASSWORD."""
        email = f"{kind.value.lower()}{next(_numbers)}@example.com"
        async with self._platform.database.transaction() as session:
            user = User(email=email, name=kind.value.title(), kind=kind, password_hash=password_hash(), is_active=True)
            await users.add(session, user)
        return await self.sign_in(user)

    def next_number(self) -> int:
        """A number that no other user of the tests has in their e-mail."""
        return next(_numbers)

    async def sign_in_by_id(self, user_id: str) -> Person:
        """A sign-in of a user that the API has made."""
        async with self._platform.database.read() as session:
            user = await session.get_one(User, UUID(user_id))
        return await self.sign_in(user)

    async def sign_in(self, user: User) -> Person:
        """One more sign-in of `user`."""
        async with self._platform.database.transaction() as session:
            tokens = await open_sign_in(session, self._credentials, DEVICE, user)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._app),
            base_url="http://agentgraph.test",
            headers={"Authorization": f"Bearer {tokens.access_token}"},
        )
        return Person(
            id=user.id,
            email=user.email,
            kind=UserKind(user.kind),
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            client=client,
        )
