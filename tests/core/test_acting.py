"""In whose name a transaction works, as the database hears it with its first message."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from app.core.db import SYSTEM, Database, acting, seeing_all

pytestmark = pytest.mark.anyio

WHO = text("SELECT current_setting('agentgraph.actor')")


@pytest.mark.parametrize("who", ["5f0c", "o'brien", "'); DROP TABLE users; --", "back\\slash"])
async def test_transaction_begins_in_the_name_that_was_given_and_in_no_other_way(database: Database, who: str) -> None:
    with acting(who):
        async with database.transaction() as session:
            assert await session.scalar(WHO) == who
            async with seeing_all(session):
                assert await session.scalar(WHO) == SYSTEM
            assert await session.scalar(WHO) == who


async def test_name_of_a_transaction_ends_with_it(database: Database) -> None:
    with acting("first"):
        async with database.transaction() as session:
            await session.execute(WHO)
        async with database.read() as session:
            await session.execute(WHO)
    with acting("second"):
        async with database.transaction() as session:
            assert await session.scalar(WHO) == "second"
        async with database.read() as session:
            assert await session.scalar(WHO) == "second"


async def test_finding_out_who_calls_has_no_reader_told_anew(database: Database) -> None:
    told: list[str] = []

    def note(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        told.extend([statement] if "set_config" in statement else [])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for _ in range(5):
            async with database.identify() as session:
                assert await session.scalar(WHO) == SYSTEM
            with acting("caller"):
                async with database.read() as session:
                    assert await session.scalar(WHO) == "caller"
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(told) == 2
