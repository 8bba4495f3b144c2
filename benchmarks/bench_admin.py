"""`make bench-admin`: how long the pages of administrators take over millions of questions and model calls."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import text

from app.core import migrations
from app.core.actor import Actor
from app.core.clock import now
from app.core.db import SYSTEM, Database
from app.core.dimensions import CostsBy
from app.core.errors import Unavailable
from app.core.i18n import Language
from app.core.measures import Measure
from app.core.pagination import PageRequest
from app.core.permissions import BY_KIND, UserKind
from app.embedded.services import EmbeddedServices
from app.models import AuditFilter, StatsBy
from app.repositories import usage_hours
from app.schemas.costs import CostsAsked
from app.schemas.metrics import PerformanceAsked
from app.services import history
from app.services.audit import audit
from app.services.costs import costs
from app.services.monitoring import metrics
from benchmarks.admin_rows import DAYS, FIRST_USER, fill
from benchmarks.figures import percentile, report

PART: Final = 5_000
"""Calls that are added to their hours at a time."""
TARGET: Final = "p95 <= 2 s"
Ask = Callable[[], Awaitable[object]]


def _actor(kind: UserKind) -> Actor:
    """The first of the users that were filled in, as one of this kind."""
    return Actor(user_id=FIRST_USER, kind=kind, permissions=BY_KIND[kind], sign_in_id=None, language=Language.EN)


USER, MASTER, ADMIN = (_actor(kind) for kind in (UserKind.NORMAL, UserKind.MASTER, UserKind.ADMIN))


async def add_up(database: Database) -> None:
    """What the scheduler does all the while, here for the last of the calls: the others were added before."""
    started, summed = time.perf_counter(), 0
    while True:
        async with database.transaction() as session:
            added = await usage_hours.add_up(session, most=PART)
        if not added:
            break
        summed += added
    took_s = time.perf_counter() - started
    async with database.read() as session:
        hours = (await session.execute(text("SELECT count(*) FROM usage_hours"))).scalar_one()
    report("summed", took_s / summed * 1e6, "us a call", calls=summed, hours=hours)


async def vacuum(url: str) -> None:
    """What PostgreSQL does by itself after a while."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def compare(url: str, database: Database) -> int:
    """Prints and gives how many groupings do not add up to the ledger."""
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM})
    try:
        row = await connection.fetchrow("SELECT count(*), sum(price_usd) FROM usage_records")
    finally:
        await connection.close()
    wrong = 0
    for by in CostsBy:
        async with database.read() as session:
            found = await costs.read(session, ADMIN, CostsAsked(by=by, limit=10_000))
        groups = sum(group.cost_usd for group in found.groups)
        expected = tuple(row or ())
        wrong += (found.total.calls, found.total.cost_usd) != expected or (found.is_complete and groups != expected[1])
    report("groupings_unlike_the_ledger", wrong, "groupings", target="0", of=len(CostsBy))
    return wrong


async def timed(name: str, ask: Ask, times: int) -> int:
    """Asks a few times and prints the p95; gives how many were broken off, as statements that take too long are."""
    took, broken_off = [], 0
    for _ in range(times):
        started = time.perf_counter()
        try:
            await ask()
        except Unavailable:
            broken_off += 1
        took.append(time.perf_counter() - started)
    more = {"p50": round(percentile(took, 50), 3), "times": times, "broken_off": broken_off}
    report(name, percentile(took, 95), "s", target=TARGET, **more)
    return broken_off


async def measure(url: str, rows: int, times: int) -> int:
    """Prints the figures; gives how many pages were broken off and groupings are wrong."""
    started = time.perf_counter()
    await fill(url, rows)
    report("filled", time.perf_counter() - started, "s", rows=rows)
    database = Database(url, pool_size=2)
    try:
        await vacuum(url)
        await add_up(database)
        broken_off = 0
        for page in (cost_pages, performance_pages, other_pages):
            for name, ask in page(database).items():
                broken_off += await timed(name, ask, times)
        return broken_off + await compare(url, database)
    finally:
        await database.close()


def cost_pages(database: Database) -> dict[str, Ask]:
    """GET /admin/costs of a month and of all time, in every grouping."""

    async def read(asked: CostsAsked) -> None:
        async with database.read() as session:
            await costs.read(session, ADMIN, asked)

    month = now() - timedelta(days=30)
    pages = {}
    for by in CostsBy:
        pages[f"costs_by_{by.value}_month"] = CostsAsked(by=by, since=month)
        pages[f"costs_by_{by.value}_ever"] = CostsAsked(by=by)
    one = {"by": CostsBy.AGENT, "model": "m1", "provider": "openai"}
    pages["costs_by_agent_of_one_model_ever"] = CostsAsked.model_validate(one)
    for name, since in (("month", month), ("ever", None)):
        # Its days begin within hours of UTC.
        indian = CostsAsked(by=CostsBy.DAY, since=since, time_zone="Asia/Kolkata")
        pages[f"costs_by_day_{name}_in_india"] = indian
    return {name: partial(read, asked) for name, asked in pages.items()}


def performance_pages(database: Database) -> dict[str, Ask]:
    """GET /admin/performance of every measure, over three times; each tells the slowest questions as well."""

    async def read(asked: PerformanceAsked) -> None:
        async with database.read() as session:
            await metrics.performance(session, asked)

    times = {"day": None, "month": now() - timedelta(days=30), "ever": now() - timedelta(days=DAYS)}
    return {
        f"performance_by_{by.value}_{name}": partial(read, PerformanceAsked(by=by, since=since))
        for by in Measure
        for name, since in times.items()
    }


def other_pages(database: Database) -> dict[str, Ask]:
    """GET /history/stats of one of the users, and pages of the audit log: the newest, old, common and rare events."""

    async def read_stats(by: StatsBy) -> None:
        async with database.read() as session:
            await history.stats(session, USER, by, since=None, until=None)

    async def read_audit(wanted: AuditFilter, actor: Actor = ADMIN) -> None:
        async with database.transaction() as session:
            await audit.list_page(session, actor, PageRequest(limit=100, before=None), wanted)

    old = now() - timedelta(days=DAYS - 10)
    wanted = {
        "newest": AuditFilter(),
        "of_one_user": AuditFilter(actor_id=USER.user_id),
        "of_one_object": AuditFilter(object_type="query", object_id=str(UUID(int=1))),
        "common_action": AuditFilter(action="query.submitted"),
        "rare_action": AuditFilter(action="auth.sign_in_failed"),
        "refused": AuditFilter(outcome="refused"),
        "old_days": AuditFilter(since=old, until=old + timedelta(days=1)),
        "rare_action_of_old_days": AuditFilter(action="auth.sign_in_failed", since=old, until=old + timedelta(days=1)),
    }
    return {
        **{f"history_stats_by_{by.value}": partial(read_stats, by) for by in StatsBy},
        **{f"audit_{name}": partial(read_audit, one) for name, one in wanted.items()},
        "audit_newest_of_a_master": partial(read_audit, AuditFilter(), MASTER),
    }


def main() -> int:
    """Runs on an embedded PostgreSQL of its own, with its usual durability.

    1 when a page was broken off, or a total is not the ledger's.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=5_000_000)
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-bench-") as folder,
        EmbeddedServices(Path(folder), valkey_url="redis://127.0.0.1") as urls,
    ):
        migrations.upgrade(urls.database_url)
        return int(asyncio.run(measure(urls.database_url, arguments.rows, arguments.times)) > 0)


if __name__ == "__main__":
    sys.exit(main())
