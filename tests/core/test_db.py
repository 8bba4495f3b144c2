"""The system database when it is not there."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import Unavailable

pytestmark = pytest.mark.anyio


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port that accepts connections and never says a word, as behind a network that drops packets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("door", ["transaction", "read"])
async def test_server_that_never_answers_is_unavailable(door: str) -> None:
    with silent_server() as port:
        database = Database(f"postgresql://nobody@127.0.0.1:{port}/none", pool_size=1, connect_timeout_s=0.2)
        with pytest.raises(Unavailable):
            async with getattr(database, door)() as session:
                await session.execute(text("SELECT 1"))
        await database.close()


async def test_name_that_is_not_known_is_unavailable() -> None:
    database = Database("postgresql://nobody@no-such-host.invalid/none", pool_size=1)
    with pytest.raises(Unavailable):
        await database.ping()
    await database.close()
