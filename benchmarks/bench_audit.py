"""What the audit log costs: an event in a transaction, sealing, and proving the chain."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert, text

from app.core import migrations
from app.core.db import Database
from app.core.ids import new_id
from app.embedded.services import EmbeddedServices
from app.models import AuditAction, AuditEvent
from app.services.audit.audit import record
from app.services.audit.audit_chain import seal_new, verify
from benchmarks.figures import report

KEY = bytes(range(32))
WRITERS = 8
EACH = 200


async def transactions(database: Database, *, audited: bool) -> float:
    """Milliseconds a transaction, with eight writers at once."""

    async def writer() -> None:
        for _ in range(EACH):
            async with database.transaction() as session:
                await session.execute(text("SELECT 1"))
                if audited:
                    await record(session, None, AuditAction.QUERY_SUBMITTED, "query", new_id(), after={"chars": 20})

    started = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return (time.perf_counter() - started) * 1000 / EACH


async def fill(database: Database, events: int) -> None:
    """Adds `events` events without waiting for each."""
    for _ in range(0, events, 1000):
        rows = [
            {"id": new_id(), "action": "query.submitted", "object_type": "query", "outcome": "succeeded", "after": {}}
            for _ in range(1000)
        ]
        async with database.transaction() as session:
            await session.execute(insert(AuditEvent), rows)


async def measure(url: str, events: int) -> None:
    """Prints the figures."""
    database = Database(url, pool_size=WRITERS)
    await transactions(database, audited=True)
    without, with_event = await transactions(database, audited=False), await transactions(database, audited=True)
    report("transaction_without_event", without, "ms", writers=WRITERS)
    report("transaction_with_event", with_event, "ms", writers=WRITERS)
    await fill(database, events)
    started = time.perf_counter()
    sealed = await seal_new(database, KEY)
    report("sealing", time.perf_counter() - started, "s", events=sealed)
    started = time.perf_counter()
    verdict = await verify(database, KEY)
    report("verification", time.perf_counter() - started, "s", target="<= 10 for 100,000", events=verdict.verified)
    await database.close()


def main() -> None:
    """Runs on embedded services of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("events", type=int, nargs="?", default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServices(Path(folder)) as urls:
        migrations.upgrade(urls.database_url)
        asyncio.run(measure(urls.database_url, arguments.events))


if __name__ == "__main__":
    main()
