"""Rows for `make bench-admin`: half a year of an installation, put straight into its tables.

Questions with one model call and one audited event each, in the order in which they were asked, and the figures that
processes measure. Indexes and constraints are taken off first and made again at the end, because keeping them up to
date row by row takes most of the time otherwise.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Final
from uuid import UUID

import asyncpg

from app.core.db import SYSTEM
from app.core.dimensions import EVERY_OPENING
from app.core.measures import Measure
from app.repositories.usage_hours import HOURS_OF
from benchmarks.figures import report

USERS: Final = 500
FIRST_USER: Final = UUID("00000000-0000-7000-8000-000000000001")
GROUP: Final = 20
"""Of them, the MASTER who is the first included."""
DAYS: Final = 180
HOURS: Final = 10
"""Of each day, in which questions are asked."""
BURST: Final = 10
"""Questions of one person in a row, to either of two agents."""
ROUTES: Final = 60
CLASSES: Final = [0] * 10 + [100] + [0] * 19
SLICES: Final = 50
"""Parts in which the questions are made; calls of the last are left for the product to add to their hours."""
AT_ONCE: Final = 2
"""Connections that fill: one a core of the machine that the targets are for."""
BIG: Final = ("queries", "usage_records", "usage_hours", "audit_events", "measure_hours")
_FILLING: Final = {
    "agentgraph.actor": SYSTEM,
    "synchronous_commit": "off",
    "maintenance_work_mem": "512MB",
    "work_mem": "512MB",
}
_USER: Final = "('00000000-0000-7000-8000-' || lpad(({})::text, 12, '0'))::uuid"
_AGENT: Final = "('00000000-0000-7000-9000-' || lpad(({})::text, 12, '0'))::uuid"
_PEOPLE: Final = f"""
    INSERT INTO users (id, email, name, kind, password_hash, is_active, manager_id)
    SELECT {_USER.format("n")}, n || '@example.com', 'User ' || n, CASE n WHEN 1 THEN 'MASTER' ELSE 'NORMAL' END, 'x',
           true, CASE WHEN n BETWEEN 2 AND {GROUP} THEN {_USER.format("1")} END
      FROM generate_series(1, {USERS}) n
"""
_AGENTS: Final = f"""
    INSERT INTO agents (id, owner_id, name, description, instructions, processing_enabled, execute_suggestion,
                        refine_question, advanced_mode, charts_enabled, planner_first, candidates, max_rows, debug,
                        version)
    SELECT {_AGENT.format("n")}, {_USER.format("n / 2")}, 'Agent ' || n, '', '', false, true, false, false, true, false,
           1, 1000, false, 1
      FROM generate_series(2, {2 * USERS + 1}) n
"""
_QUESTIONS: Final = f"""
    WITH asked AS (
        SELECT uuidv7(at - now()) AS id, owner, 2 * owner + (random() < 0.5)::int AS agent, at,
               at + make_interval(secs => 0.1 + random() * 10) AS finished_at
          FROM generate_series($2::int, $3::int) n,
               LATERAL (SELECT ($1 - n) * {DAYS}.0 / $1 AS days, 1 + n / {BURST} % {USERS} AS owner) spread,
               LATERAL (SELECT date_trunc('day', now(), 'UTC') - make_interval(days => floor(days)::int)
                               - make_interval(secs => 3600 * (4 + {HOURS} * (days - floor(days)))) AS at) moment
    ), stored AS (
        INSERT INTO queries (id, owner_id, agent_id, agent_version, question, state, outcome, answered_by, details,
                             truncated, tokens_in, tokens_out, created_at, started_at, finished_at)
        SELECT id, {_USER.format("owner")}, {_AGENT.format("agent")}, 1, 'How many?', 'succeeded', 'answered', 'model',
               '{{"timings": {{"planner": 0.01}}}}', false, 1000, 100, at, at, finished_at
          FROM asked
    ), noted AS (
        INSERT INTO audit_events (id, created_at, actor_id, actor_kind, action, object_type, object_id, after, address,
                                  outcome, seq, seal)
        SELECT uuidv7(at - now()), at, {_USER.format("owner")}, 'NORMAL', 'query.submitted', 'query', id::text,
               '{{"chars": 9}}', '127.0.0.1', 'succeeded', $2 + row_number() OVER (), '\\x00'
          FROM asked
    )
    INSERT INTO usage_records (id, created_at, query_id, owner_id, agent_id, source_ids, call_key, node, provider,
                               model, tokens_in, tokens_out, tokens_cached, tokens_reasoning, price_usd, outcome,
                               latency_s, opens)
    SELECT uuidv7(at - now()), at, id, {_USER.format("owner")}, {_AGENT.format("agent")},
           ARRAY[{_AGENT.format("agent")}], 'k', 'sql_agent',
           CASE WHEN agent / 6 % 2 = 0 THEN 'openai' ELSE 'anthropic' END, 'm' || agent % 6,
           1000, 100, 0, 0, random() / 100, CASE WHEN random() < 0.02 THEN 'failed' ELSE 'answered' END, random() * 5,
           $4::smallint
      FROM asked
"""
"""Questions number $2 to $3 of $1."""
_CALLS_BY_HOUR: Final = f"""
    WITH summed AS (
        SELECT *, date_trunc('hour', created_at, 'UTC') AS hour FROM usage_records WHERE opens IS NOT NULL
    )
    {HOURS_OF.format(calls="summed")}
"""
_MEASURES_BY_HOUR: Final = f"""
    INSERT INTO measure_hours (hour, measure, key, count, failures, total_s, classes)
    SELECT date_trunc('hour', now() - make_interval(hours => h), 'UTC'), $2, 'GET /' || r, 100, 1, 50.0, $1
      FROM generate_series(1, {ROUTES}) r, generate_series({DAYS * 24}, 0, -1) h
"""
_MEASURES_BY_DAY: Final = """
    INSERT INTO measure_days (day, measure, key, count, failures, total_s, classes)
    SELECT day, measure, key, count, failures, total_s, ARRAY(SELECT c * hours FROM unnest($1::bigint[]) AS c)
      FROM (SELECT date_trunc('day', hour, 'UTC') AS day, measure, key, sum(count) AS count,
                   sum(failures) AS failures, sum(total_s) AS total_s, count(*) AS hours
              FROM measure_hours GROUP BY 1, 2, 3) AS days
"""
_CONSTRAINTS: Final = """
    SELECT conrelid::regclass::text AS on_table, conname AS name, pg_get_constraintdef(oid) AS definition
      FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype IN ('f', 'u') ORDER BY contype DESC
"""
_INDEXES: Final = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
      FROM pg_index i WHERE indrelid = ANY ($1::regclass[])
       AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


async def fill(url: str, rows: int) -> None:
    """Adds `rows` questions with their calls, the hours of all but the last of them, and ROUTES keys a measure."""
    pool = await asyncpg.create_pool(url, min_size=AT_ONCE, max_size=AT_ONCE, server_settings=_FILLING)
    try:
        for statement in (_PEOPLE, _AGENTS):
            await pool.execute(statement)
        async with _bare(pool, BIG):
            await _questions(pool, rows)
            await _by_hour(pool)
    finally:
        await pool.close()


async def _questions(pool: asyncpg.Pool, rows: int) -> None:
    """The questions of one slice after the other, told as they come."""
    bounds = [rows * number // SLICES for number in range(SLICES + 1)]
    slices = iter(pairwise(bounds))

    async def work() -> None:
        for before, last in slices:
            opens = None if last == rows else EVERY_OPENING
            await pool.execute(_QUESTIONS, rows, before + 1, last, opens)
            report("rows_so_far", last, "questions", of=rows)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _by_hour(pool: asyncpg.Pool) -> None:
    """Calls and measures by the hour, as the scheduler and the processes have kept them all the while."""

    async def measures() -> None:
        for measure in Measure:
            await pool.execute(_MEASURES_BY_HOUR, CLASSES, measure.value)
        await pool.execute(_MEASURES_BY_DAY, CLASSES)

    await asyncio.gather(pool.execute(_CALLS_BY_HOUR), measures())


@asynccontextmanager
async def _bare(pool: asyncpg.Pool, tables: Sequence[str]) -> AsyncIterator[None]:
    """Takes all but primary keys off the tables, and puts it back at the end."""
    constraints = await pool.fetch(_CONSTRAINTS, tables)
    indexes = await pool.fetch(_INDEXES, tables)
    for one in constraints:
        await pool.execute(f"ALTER TABLE {one['on_table']} DROP CONSTRAINT {one['name']}")
    for one in indexes:
        await pool.execute(f"DROP INDEX {one['name']}")
    yield
    await _each(pool, [one["definition"] for one in indexes])
    for one in constraints:
        await pool.execute(f"ALTER TABLE {one['on_table']} ADD CONSTRAINT {one['name']} {one['definition']}")


async def _each(pool: asyncpg.Pool, statements: Iterable[str]) -> None:
    """Executes statements, as many at once as there are connections."""
    await asyncio.gather(*(pool.execute(statement) for statement in statements))
