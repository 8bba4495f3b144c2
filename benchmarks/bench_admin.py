"""`make bench-admin`: how long the pages of administrators take over millions of questions and model calls."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from app.core import migrations
from app.core.actor import Actor
from app.core.clock import now
from app.core.db import SYSTEM, Database
from app.core.dimensions import CostsBy
from app.core.i18n import Language
from app.core.measures import Measure
from app.core.permissions import BY_KIND, UserKind
from app.embedded.services import EmbeddedServices
from app.schemas.costs import CostsAsked
from app.schemas.metrics import PerformanceAsked
from app.services.costs import costs
from app.services.monitoring import metrics
from benchmarks.figures import percentile, report

USERS: Final = 500
DAYS: Final = 180
TARGET: Final = "p95 <= 2 s"
ADMIN: Final = Actor(
    user_id=UUID(int=1),
    kind=UserKind.ADMIN,
    permissions=BY_KIND[UserKind.ADMIN],
    sign_in_id=None,
    language=Language.EN,
)
ROUTES: Final = 60
_OWNER: Final = "('00000000-0000-7000-8000-' || lpad({}::text, 12, '0'))::uuid"
_PEOPLE: Final = f"""
    INSERT INTO users (id, email, name, kind, password_hash, is_active)
    SELECT {_OWNER.format("n")}, n || '@example.com', 'User ' || n, 'NORMAL', 'x', true
      FROM generate_series(1, {USERS}) n
"""
_QUERIES: Final = f"""
    INSERT INTO queries (id, owner_id, agent_version, question, state, outcome, details, truncated, tokens_in,
                         tokens_out, created_at, started_at, finished_at)
    SELECT gen_random_uuid(), {_OWNER.format(f"(1 + n % {USERS})")}, 1, 'How many?', 'succeeded', 'answered',
           '{{"timings": {{"planner": 0.01}}}}', false, 1000, 100, at, at,
           at + make_interval(secs => 0.1 + random() * 10)
      FROM generate_series(1, $1::int) n,
           LATERAL (SELECT now() - make_interval(secs => n * {DAYS} * 86400.0 / $1) AS at) moment
"""
_CALLS: Final = """
    INSERT INTO usage_records (id, created_at, query_id, owner_id, source_ids, call_key, node, provider, model,
                               tokens_in, tokens_out, tokens_cached, tokens_reasoning, price_usd, outcome, latency_s)
    SELECT gen_random_uuid(), created_at, id, owner_id, '{}', 'k', 'sql_agent',
           CASE WHEN random() < 0.5 THEN 'openai' ELSE 'anthropic' END, 'm' || (random() * 5)::int, 1000, 100, 0, 0,
           random() / 100, CASE WHEN random() < 0.02 THEN 'failed' ELSE 'answered' END, random() * 5
      FROM queries
"""
_HOURS: Final = f"""
    INSERT INTO measure_hours (hour, measure, key, count, failures, total_s, classes)
    SELECT date_trunc('hour', now() - make_interval(hours => h), 'UTC'), 'route', 'GET /' || r, 100, 1, 50.0, $1
      FROM generate_series(0, {DAYS * 24}) h, generate_series(1, {ROUTES}) r
"""


async def fill(url: str, rows: int) -> None:
    """Half a year of questions, each with one model call, and the hourly figures of ROUTES routes."""
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM, "synchronous_commit": "off"})
    try:
        await connection.execute(_PEOPLE)
        await connection.execute(_QUERIES, rows)
        await connection.execute(_CALLS)
        await connection.execute(_HOURS, [0] * 10 + [100] + [0] * 19)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def timed(name: str, ask: Callable[[], Awaitable[object]], times: int) -> None:
    """Asks a few times and prints the p95."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - started)
    report(name, percentile(took, 95), "s", target=TARGET, p50=round(percentile(took, 50), 3), times=times)


async def measure(url: str, rows: int, times: int) -> None:
    """Prints the figures."""
    started = time.perf_counter()
    await fill(url, rows)
    report("filled", time.perf_counter() - started, "s", rows=rows)
    database = Database(url, pool_size=2)

    async def read_costs(asked: CostsAsked) -> None:
        async with database.read() as session:
            await costs.read(session, ADMIN, asked)

    async def read_performance(asked: PerformanceAsked) -> None:
        async with database.read() as session:
            await metrics.performance(session, asked)

    month = now() - timedelta(days=30)
    for by in (CostsBy.USER, CostsBy.MODEL, CostsBy.DAY):
        await timed(f"costs_by_{by.value}_month", partial(read_costs, CostsAsked(by=by, since=month)), times)
        await timed(f"costs_by_{by.value}_ever", partial(read_costs, CostsAsked(by=by)), times)
    for name, since in (("day", None), ("month", month)):
        asked = PerformanceAsked(by=Measure.ROUTE, since=since)
        await timed(f"performance_{name}", partial(read_performance, asked), times)
    await database.close()


def main() -> None:
    """Runs on an embedded PostgreSQL of its own, with its usual durability."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=int, nargs="?", default=5_000_000)
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-bench-") as folder,
        EmbeddedServices(Path(folder), valkey_url="redis://127.0.0.1") as urls,
    ):
        migrations.upgrade(urls.database_url)
        asyncio.run(measure(urls.database_url, arguments.rows, arguments.times))


if __name__ == "__main__":
    main()
