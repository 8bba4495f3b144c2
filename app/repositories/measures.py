"""Stored measures and heartbeats: adding to them, and reading them for people and for Prometheus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text

from app.core.db import Session
from app.core.measures import BOUNDS_S, Key, Measure, Tally
from app.models import MeasureDay, MeasureHour, MeasureTotal, ProcessHeartbeat

_GROWN: Final = """
    SET count = {table}.count + excluded.count, failures = {table}.failures + excluded.failures,
        total_s = {table}.total_s + excluded.total_s,
        classes = ARRAY(SELECT a + b FROM unnest({table}.classes, excluded.classes) AS pairs(a, b))
"""
_ADD: Final = text(
    f"""
    WITH tallied AS (
        SELECT measure, key, count, failures, total_s,
               ARRAY(SELECT jsonb_array_elements_text(classes)::bigint) AS classes
          FROM jsonb_to_recordset(CAST(:tallies AS jsonb))
            AS t(measure text, key text, count bigint, failures bigint, total_s float8, classes jsonb)
         ORDER BY measure, key
    ), hours AS (
        INSERT INTO measure_hours (hour, measure, key, count, failures, total_s, classes)
        SELECT date_trunc('hour', now(), 'UTC'), * FROM tallied
        ON CONFLICT (measure, key, hour) DO UPDATE {_GROWN.format(table="measure_hours")}
    ), days AS (
        INSERT INTO measure_days (day, measure, key, count, failures, total_s, classes)
        SELECT date_trunc('day', now(), 'UTC'), * FROM tallied
        ON CONFLICT (measure, key, day) DO UPDATE {_GROWN.format(table="measure_days")}
    )
    INSERT INTO measure_totals (measure, key, count, failures, total_s, classes)
    SELECT * FROM tallied WHERE measure <> 'source'
    ON CONFLICT (measure, key) DO UPDATE {_GROWN.format(table="measure_totals")}
    """  # noqa: S608  (put together from constants)
)
_BEAT: Final = text(
    """
    WITH silent AS (
        DELETE FROM process_heartbeats WHERE seen_at < now() - interval '1 hour'
    )
    INSERT INTO process_heartbeats (id, part, host, pid, started_at, seen_at)
    VALUES (:id, :part, :host, :pid, now(), now())
    ON CONFLICT (id) DO UPDATE SET seen_at = now()
    """
)
_QUEUES: Final = text(
    """
    SELECT kind, count(*) FILTER (WHERE state = 'queued') AS waiting,
           count(*) FILTER (WHERE state = 'running') AS running,
           coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'queued')), 0) AS oldest_s
      FROM jobs WHERE state IN ('queued', 'running') GROUP BY kind
    """
)
_PROVIDERS: Final = text(
    """
    SELECT DISTINCT ON (provider) provider, outcome, created_at FROM usage_records
     WHERE created_at > now() - interval '1 day' ORDER BY provider, created_at DESC
    """
)
_SUMMED_CLASSES: Final = ", ".join(f"sum(classes[{place}])" for place in range(1, len(BOUNDS_S) + 2))
_HOURS: Final = text(
    """
    SELECT key, hour AS at, count AS times, failures, total_s, classes FROM measure_hours
     WHERE measure = :measure AND hour >= :since AND hour < :until ORDER BY at, key
    """
)
_DAYS: Final = text(
    f"""
    WITH parts AS (
        SELECT * FROM measure_days WHERE measure = :measure AND day >= :first_day AND day < :last_day
         UNION ALL
        SELECT measure, key, count, failures, total_s, classes, hour FROM measure_hours
         WHERE measure = :measure AND hour >= :since AND hour < :until AND (hour < :first_day OR hour >= :last_day)
    )
    SELECT key, date_trunc('day', day, 'UTC') AS at, sum(count)::bigint AS times, sum(failures)::bigint AS failures,
           sum(total_s) AS total_s, ARRAY[{_SUMMED_CLASSES}]::bigint[] AS classes
      FROM parts GROUP BY 1, 2 ORDER BY 2, 1
    """  # noqa: S608  (put together from constants)
)
"""Whole days as they are stored, and the hours of those within which the time begins and ends."""
_SLOWEST: Final = text(
    """
    WITH days AS MATERIALIZED (
        SELECT CAST(day AS date) AS day
          FROM generate_series(CAST(timezone('UTC', CAST(:since AS timestamptz)) AS date),
                               CAST(timezone('UTC', CAST(:until AS timestamptz)) AS date), interval '1 day') AS day
    ), slowest AS MATERIALIZED (
        SELECT of_day.id, of_day.took_s
          FROM days,
               LATERAL (SELECT id, took_s FROM queries
                         WHERE finished_on = days.day AND took_s IS NOT NULL
                           AND finished_at >= :since AND finished_at < :until
                         ORDER BY took_s DESC LIMIT :most) AS of_day
         ORDER BY of_day.took_s DESC, of_day.id LIMIT :most
    )
    SELECT id, owner_id, agent_id, slowest.took_s, details->'timings' AS stages
      FROM slowest JOIN queries USING (id) ORDER BY slowest.took_s DESC, id
    """
)
"""The slowest of each day, and of these the slowest: a time of any length reads no more than that of its days.

The days are made apart, because a cast within the condition would keep the policies on rows from letting the index be
used."""
_DAY: Final = timedelta(days=1)
Step = Literal["hour", "day"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A tally as it is stored; `at` is its hour, None for one since ever."""

    measure: Measure
    key: str
    tally: Tally
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Jobs of one kind that wait and run, and the age of the oldest that waits, in seconds."""

    kind: str
    waiting: int
    running: int
    oldest_s: float


async def add(session: Session, tallies: Mapping[Key, Tally]) -> None:
    """Adds what a process has counted to the present hour and to the totals, in one statement."""
    rows = [
        {
            "measure": measure.value,
            "key": key[:200],
            "count": tally.count,
            "failures": tally.failures,
            "total_s": tally.total_s,
            "classes": tally.classes,
        }
        for (measure, key), tally in tallies.items()
    ]
    await session.execute(_ADD, {"tallies": orjson.dumps(rows).decode()})


async def beat(session: Session, process_id: UUID, *, part: str, host: str, pid: int) -> None:
    """Shows that a process lives, and forgets those that have been silent for an hour."""
    await session.execute(_BEAT, {"id": process_id, "part": part, "host": host, "pid": pid})


async def processes(session: Session) -> Sequence[tuple[str, str, int, float]]:
    """Part, host, pid and seconds since the last heartbeat of every process, by the database's clock."""
    silent_s = func.extract("epoch", func.now() - ProcessHeartbeat.seen_at)
    statement = select(ProcessHeartbeat.part, ProcessHeartbeat.host, ProcessHeartbeat.pid, silent_s)
    rows = await session.execute(statement.order_by(ProcessHeartbeat.part, ProcessHeartbeat.id))
    return [(part, host, pid, float(silent or 0)) for part, host, pid, silent in rows]


async def queues(session: Session) -> Sequence[QueueDepth]:
    """Depth of every kind of job that has any."""
    return [
        QueueDepth(row.kind, row.waiting, row.running, float(row.oldest_s)) for row in await session.execute(_QUEUES)
    ]


async def providers(session: Session) -> Sequence[tuple[str, str, datetime]]:
    """Provider, outcome and moment of the last call to each within a day."""
    return [(row.provider, row.outcome, row.created_at) for row in await session.execute(_PROVIDERS)]


async def totals(session: Session) -> Sequence[Stored]:
    """All tallies since ever."""
    rows = (await session.scalars(select(MeasureTotal).order_by(MeasureTotal.measure, MeasureTotal.key))).all()
    return [Stored(Measure(row.measure), row.key, _tally(row)) for row in rows]


async def hours(
    session: Session, measure: Measure, *, since: datetime, until: datetime, step: Step = "hour"
) -> Sequence[Stored]:
    """Tallies of one measure by hour, or summed to days (UTC), the earliest first."""
    asked = {"measure": measure.value, "since": since, "until": until}
    if step == "day":
        asked |= {"first_day": _midnight(since + _DAY - timedelta.resolution), "last_day": _midnight(until)}
    return [
        Stored(measure, row.key, Tally(row.times, row.failures, row.total_s, list(row.classes)), row.at)
        for row in await session.execute(_DAYS if step == "day" else _HOURS, asked)
    ]


async def slowest_questions(
    session: Session, *, since: datetime, until: datetime, most: int
) -> Sequence[tuple[UUID, UUID, UUID | None, float, dict[str, Any]]]:
    """Id, owner, agent, seconds and seconds by stage of the questions that took longest; no text of theirs."""
    rows = await session.execute(_SLOWEST, {"since": since, "until": until, "most": most})
    return [(row.id, row.owner_id, row.agent_id, float(row.took_s), row.stages or {}) for row in rows]


async def forget_hours(session: Session, before: datetime) -> None:
    """Removes the tallies of hours and days before a moment."""
    await session.execute(delete(MeasureHour).where(MeasureHour.hour < before))
    await session.execute(delete(MeasureDay).where(MeasureDay.day < before))


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _tally(row: MeasureTotal) -> Tally:
    return Tally(row.count, row.failures, row.total_s, list(row.classes))
