"""The chain of the audit log: sealed under concurrency, and every kind of tampering is named."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.db import Database
from app.models import AuditAction, AuditEvent
from app.services.audit.audit import record
from app.services.audit.audit_chain import anchor, read_anchors, remove_old, seal_new, verify
from tests.conftest import JWT_SECRET

pytestmark = pytest.mark.anyio

KEY = b"k" * 32
UNGUARDED = "ALTER TABLE audit_events DISABLE TRIGGER ALL"
"""What somebody with the owner's login would do first."""


async def write(database: Database, number: int) -> None:
    async with database.transaction() as session:
        await record(session, None, AuditAction.SIGN_IN_FAILED, "user", str(number), after={"n": number})


async def sealed(database: Database, events: int) -> None:
    for number in range(events):
        await write(database, number)
    assert await seal_new(database, KEY) == events


async def tamper(database: Database, *statements: str) -> None:
    async with database.transaction() as session:
        for statement in (UNGUARDED, *statements):
            await session.execute(text(statement))


async def test_chain_holds_with_200_concurrent_writers_and_several_sealers(database: Database) -> None:
    await asyncio.gather(
        *(write(database, number) for number in range(200)), *(seal_new(database, KEY) for _ in range(5))
    )
    await seal_new(database, KEY)
    verdict = await verify(database, KEY)
    assert (verdict.verified, verdict.unsealed, verdict.broken) == (200, 0, None)


async def test_event_committed_late_is_sealed_after_those_before_it(database: Database) -> None:
    async with database.transaction() as session:
        await record(session, None, AuditAction.SIGN_IN_FAILED, "user", "late")
        await write(database, 1)
        assert await seal_new(database, KEY) == 1
    assert await seal_new(database, KEY) == 1
    async with database.read() as session:
        order = list(await session.scalars(select(AuditEvent.object_id).order_by(AuditEvent.seq)))
    assert order == ["1", "late"]
    assert (await verify(database, KEY)).broken is None


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        (["UPDATE audit_events SET outcome = 'refused!' WHERE seq = 3"], "the event at 3 is not what was sealed"),
        (["UPDATE audit_events SET after = '{\"n\": 9}' WHERE seq = 3"], "the event at 3 is not what was sealed"),
        (["DELETE FROM audit_events WHERE seq = 3"], "the event at 3 is missing"),
        (
            [
                "UPDATE audit_events SET seq = 99 WHERE seq = 3",
                "UPDATE audit_events SET seq = 3 WHERE seq = 4",
                "UPDATE audit_events SET seq = 4 WHERE seq = 99",
            ],
            "the event at 3 is not what was sealed",
        ),
        (["DELETE FROM audit_events WHERE seq >= 5"], "the events from 5 to at least 6 are missing from the end"),
        (
            [
                "INSERT INTO audit_checkpoints (seq, seal, proof) SELECT seq, seal, seal FROM audit_events WHERE seq=2",
                "DELETE FROM audit_events WHERE seq <= 2",
            ],
            "the checkpoint at 2 was not made with this installation's key",
        ),
    ],
    ids=["changed", "changed details", "deleted", "reordered", "truncated", "false checkpoint"],
)
async def test_tampering_is_named_with_its_first_place(
    database: Database, tmp_path: Path, statements: list[str], named: str
) -> None:
    await sealed(database, 6)
    await anchor(database, tmp_path / "anchors.jsonl")
    await tamper(database, *statements)
    assert (await verify(database, KEY, read_anchors(tmp_path / "anchors.jsonl"))).broken == named


async def test_chain_rewritten_with_another_key_is_found(database: Database) -> None:
    await sealed(database, 3)
    assert (await verify(database, b"x" * 32)).broken == "the event at 1 is not what was sealed"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET outcome = 'x'",
        "UPDATE audit_events SET seal = NULL",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "UPDATE audit_checkpoints SET seq = 1",
        "DELETE FROM audit_checkpoints",
    ],
)
async def test_database_refuses_to_change_the_log(database: Database, statement: str) -> None:
    await sealed(database, 2)
    await write(database, 3)
    with pytest.raises(DBAPIError, match="can only be added to"):
        async with database.transaction() as session:
            await session.execute(text(statement))


async def test_rest_stays_provable_when_old_events_are_removed(database: Database, tmp_path: Path) -> None:
    await sealed(database, 4)
    assert await remove_old(database, KEY, keep=timedelta(days=1)) == 0
    assert await remove_old(database, KEY, keep=timedelta(0)) == 4
    assert (await verify(database, KEY)).verified == 0
    await sealed(database, 3)
    await anchor(database, tmp_path / "anchors.jsonl")
    verdict = await verify(database, KEY, read_anchors(tmp_path / "anchors.jsonl"))
    assert (verdict.verified, verdict.broken) == (3, None)
    await tamper(database, "DELETE FROM audit_events WHERE seq = 5")
    assert (await verify(database, KEY)).broken == "the event at 5 is missing"


async def test_command_line_says_whether_the_chain_holds(settings: Settings, database: Database) -> None:
    from app.core.security import audit_key

    key = audit_key(settings)
    assert key is not None
    for number in range(3):
        await write(database, number)
    await seal_new(database, key)
    assert await _verify_command(settings) == (0, "The chain holds: 3 events verified, 0 not sealed yet.")
    await tamper(database, "UPDATE audit_events SET outcome = 'x' WHERE seq = 2")
    code, said = await _verify_command(settings)
    assert code == 1
    assert said.startswith("BROKEN after 1 good events: the event at 2 is not what was sealed (event ")


async def _verify_command(settings: Settings) -> tuple[int | None, str]:
    environment = {
        **os.environ,
        "AGENTGRAPH_DATABASE_URL": str(settings.database_url),
        "AGENTGRAPH_DATA_DIR": str(settings.data_dir),
        "AGENTGRAPH_JWT_SECRET": JWT_SECRET,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "audit", "verify"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode().strip()
