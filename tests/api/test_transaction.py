"""One transaction a request: visible before the answer leaves, gone when the handler fails."""

import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.types import Message

from app.api.deps import SessionDep
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Conflict
from app.main import create_app
from app.models import User
from tests.conftest import RecordingPublisher, client_of

pytestmark = pytest.mark.anyio


def _user(email: str) -> User:
    return User(email=email, name="A", password_hash="!")


async def _count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


@pytest.fixture
async def probed(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[FastAPI]:
    """The application with routes that write and then fail in different ways."""
    app = create_app(settings, publisher=publisher, prewarm=False)

    @app.post("/probe/defect")
    async def defect(session: SessionDep) -> None:
        session.add(_user("a@example.com"))
        await session.flush()
        raise RuntimeError("a defect after the write")

    @app.post("/probe/refusal")
    async def refusal(session: SessionDep) -> None:
        session.add(_user("a@example.com"))
        await session.flush()
        raise Conflict

    @app.post("/probe/unwritable")
    async def unwritable(session: SessionDep) -> None:
        session.add_all([_user("a@example.com"), _user("A@example.com")])

    async with app.router.lifespan_context(app):
        yield app


async def test_row_is_visible_to_others_before_the_first_byte_of_the_answer(app: FastAPI, database: Database) -> None:
    body = json.dumps({"email": "a@example.com", "name": "A", "password": "a long password"}).encode()
    seen: list[tuple[int, int]] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.append((message["status"], await _count(database)))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/auth/register",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await app(scope, receive, send)
    assert seen == [(201, 1)]


@pytest.mark.parametrize(
    ("path", "status"), [("/probe/defect", 500), ("/probe/refusal", 409), ("/probe/unwritable", 500)]
)
async def test_failing_request_leaves_nothing(probed: FastAPI, database: Database, path: str, status: int) -> None:
    async with client_of(probed) as client:
        answer = await client.post(path)
    assert answer.status_code == status
    assert await _count(database) == 0
    assert "@" not in answer.text
