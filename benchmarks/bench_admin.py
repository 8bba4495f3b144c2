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
from app.core.i18n import Language
from app.core.measures import Measure
from app.core.permissions import BY_KIND, UserKind
from app.embedded.services import EmbeddedServices
from app.repositories import usage_hours
from app.schemas.costs import CostsAsked
from app.schemas.metrics import PerformanceAsked
from app.services.costs import costs
from app.services.monitoring import metrics
from benchmarks.figures import percentile, report

USERS: Final = 500
DAYS: Final = 180
HOURS: Final = 10
"""Of each day, in which questions are asked."""
BURST: Final = 10
"""Questions of one person in a row, to either of two agents."""
PART: Final = 5_000
"""Calls that are added to their hours at a time."""
TARGET: Final = "p95 <= 2 s"
ADMIN: Final = Actor(
    user_id=UUID(int=1),
    kind=UserKind.ADMIN,
    permissions=BY_KIND[UserKind.ADMIN],
    sign_in_id=None,
    language=Language.EN,
)
ROUTES: Final = 60
CLASSES: Final = [0] * 10 + [100] + [0] * 19
_OWNER: Final = "('00000000-0000-7000-8000-' || lpad({}::text, 12, '0'))::uuid"
_PEOPLE: Final = f"""
    INSERT INTO users (id, email, name, kind, password_hash, is_active)
    SELECT {_OWNER.format("n")}, n || '@example.com', 'User ' || n, 'NORMAL', 'x', true
      FROM generate_series(1, {USERS}) n
"""
_QUERIES: Final = f"""
    INSERT INTO queries (id, owner_id, agent_version, question, state, outcome, details, truncated, tokens_in,
                         tokens_out, created_at, started_at, finished_at)
    SELECT uuidv7(at - now()), {_OWNER.format(f"(1 + n / {BURST} % {USERS})")}, 1, 'How many?', 'succeeded', 'answered',
           '{{"timings": {{"planner": 0.01}}}}', false, 1000, 100, at, at,
           at + make_interval(secs => 0.1 + random() * 10)
      FROM generate_series(1, $1::int) n,
           LATERAL (SELECT n * {DAYS}.0 / $1 AS days) spread,
           LATERAL (SELECT date_trunc('day', now(), 'UTC') - make_interval(days => floor(days)::int)
                           - make_interval(secs => 3600 * (4 + {HOURS} * (days - floor(days)))) AS at) moment
"""
_CALLS: Final = """
    INSERT INTO usage_records (id, created_at, query_id, owner_id, agent_id, source_ids, call_key, node, provider,
                               model, tokens_in, tokens_out, tokens_cached, tokens_reasoning, price_usd, outcome,
                               latency_s)
    SELECT uuidv7(created_at - now()), created_at, id, owner_id, agent, ARRAY[agent], 'k', 'sql_agent',
           CASE WHEN digest < '8' THEN 'openai' ELSE 'anthropic' END, 'm' || ascii(digest) % 6, 1000, 100, 0, 0,
           random() / 100, CASE WHEN random() < 0.02 THEN 'failed' ELSE 'answered' END, random() * 5
      FROM queries, LATERAL (SELECT md5(owner_id::text || (get_byte(uuid_send(id), 15) % 2))::uuid AS agent) asked,
           LATERAL (SELECT left(agent::text, 1) AS digest) chosen
"""
_HOURS: Final = f"""
    INSERT INTO measure_hours (hour, measure, key, count, failures, total_s, classes)
    SELECT date_trunc('hour', now() - make_interval(hours => h), 'UTC'), $2, 'GET /' || r, 100, 1, 50.0, $1
      FROM generate_series(0, {DAYS * 24}) h, generate_series(1, {ROUTES}) r
"""
_DAYS: Final = """
    INSERT INTO measure_days (day, measure, key, count, failures, total_s, classes)
    SELECT day, measure, key, count, failures, total_s, ARRAY(SELECT c * hours FROM unnest($1::bigint[]) AS c)
      FROM (SELECT date_trunc('day', hour, 'UTC') AS day, measure, key, sum(count) AS count,
                   sum(failures) AS failures, sum(total_s) AS total_s, count(*) AS hours
              FROM measure_hours GROUP BY 1, 2, 3) AS days
"""


async def fill(url: str, rows: int) -> None:
    """Half a year of questions, each with one model call, and the hourly figures of ROUTES routes."""
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM, "synchronous_commit": "off"})
    try:
        await connection.execute(_PEOPLE)
        await connection.execute(_QUERIES, rows)
        await connection.execute(_CALLS)
        for measure in Measure:
            await connection.execute(_HOURS, CLASSES, measure.value)
        await connection.execute(_DAYS, CLASSES)
    finally:
        await connection.close()


async def add_up(database: Database, rows: int) -> None:
    """What the scheduler does all the while, here for half a year at once."""
    started, summed, shown = time.perf_counter(), 0, 0
    while summed < rows:
        async with database.transaction() as session:
            summed += await usage_hours.add_up(session, most=PART)
        if summed // (rows / 10) > shown:
            shown = int(summed // (rows / 10))
            sys.stdout.write(f"  {summed} of {rows} calls are in their hours\n")
            sys.stdout.flush()
    async with database.read() as session:
        hours = (await session.execute(text("SELECT count(*) FROM usage_hours"))).scalar_one()
    report("summed", (time.perf_counter() - started) / rows * 1e6, "us a call", rows=rows, hours=hours)


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


async def timed(name: str, ask: Callable[[], Awaitable[object]], times: int) -> None:
    """Asks a few times and prints the p95."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - started)
    report(name, percentile(took, 95), "s", target=TARGET, p50=round(percentile(took, 50), 3), times=times)


async def measure(url: str, rows: int, times: int) -> int:
    """Prints the figures; gives how many groupings are wrong."""
    started = time.perf_counter()
    await fill(url, rows)
    report("filled", time.perf_counter() - started, "s", rows=rows)
    database = Database(url, pool_size=2)
    try:
        await add_up(database, rows)
        await vacuum(url)
        await pages(database, times)
        return await compare(url, database)
    finally:
        await database.close()


async def pages(database: Database, times: int) -> None:
    """Prints how long each page takes."""

    async def read_costs(asked: CostsAsked) -> None:
        async with database.read() as session:
            await costs.read(session, ADMIN, asked)

    async def read_performance(asked: PerformanceAsked) -> None:
        async with database.read() as session:
            await metrics.performance(session, asked)

    month = now() - timedelta(days=30)
    for by in CostsBy:
        await timed(f"costs_by_{by.value}_month", partial(read_costs, CostsAsked(by=by, since=month)), times)
        await timed(f"costs_by_{by.value}_ever", partial(read_costs, CostsAsked(by=by)), times)
    one = CostsAsked(by=CostsBy.AGENT, model="m1", provider="openai")
    await timed("costs_by_agent_of_one_model_ever", partial(read_costs, one), times)
    # Its hours begin within ours: read call by call, which the target does not count.
    indian = CostsAsked(by=CostsBy.DAY, since=month, time_zone="Asia/Kolkata")
    await timed("costs_by_day_month_in_india", partial(read_costs, indian), times)
    for by_measure in Measure:
        for name, since in (("day", None), ("month", month), ("ever", now() - timedelta(days=DAYS))):
            asked = PerformanceAsked(by=by_measure, since=since)
            await timed(f"performance_by_{by_measure.value}_{name}", partial(read_performance, asked), times)


def main() -> int:
    """Runs on an embedded PostgreSQL of its own, with its usual durability; 1 when a total is not the ledger's."""
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
