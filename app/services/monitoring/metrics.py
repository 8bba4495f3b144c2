"""What an installation measures of itself, for people and for Prometheus."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.core.clock import now
from app.core.db import Session
from app.core.jobs import QUEUE_OF, JobKind
from app.core.measures import BOUNDS_S, Measure, Tally, percentile_s
from app.repositories import measures
from app.repositories.measures import QueueDepth, Step, Stored
from app.schemas.metrics import (
    HourRead,
    MetricsRead,
    PerformanceAsked,
    PerformanceRead,
    QueueRead,
    SlowQuestionRead,
    TallyRead,
)
from app.services.platform import Platform

DAY: Final = timedelta(days=1)
MOST_HOURS: Final = timedelta(days=2, hours=1)
"""Longest time that is told hour by hour; beyond it days are, which people can still look over."""
_COUNTED: Final = frozenset({Measure.REFUSAL})
"""Measures without durations."""


async def read(session: Session, platform: Platform) -> MetricsRead:
    """Everything that was measured in the last 24 hours, and what waits now."""
    until = now()
    since = _hour(until - DAY)
    found = {}
    for measure in Measure:
        rows = await measures.hours(session, measure, since=since, until=until)
        tallies = sorted(_summed(rows).items(), key=lambda pair: -pair[1].count)
        found[measure] = [_shown(key, tally) for key, tally in tallies]
    return MetricsRead(
        since=since,
        until=until,
        measures=found,
        queues=[_queue(depth) for depth in await measures.queues(session)],
        database_connections=platform.database.connections(),
    )


async def performance(session: Session, asked: PerformanceAsked) -> PerformanceRead:
    """Percentiles by key, and over time, from the stored hours; and the slowest questions."""
    until = _aware(asked.until) or now()
    since = _hour(_aware(asked.since) or until - DAY)
    step: Step = "hour" if until - since <= MOST_HOURS else "day"
    rows = await measures.hours(session, asked.by, since=since, until=until, step=step)
    tallies = sorted(_summed(rows).items(), key=lambda pair: -pair[1].total_s)[: asked.limit]
    kept = {key for key, _ in tallies}
    slowest = await measures.slowest_questions(session, since=since, until=until, most=asked.limit)
    return PerformanceRead(
        by=asked.by,
        since=since,
        until=until,
        step=step,
        keys=[_shown(key, tally) for key, tally in tallies],
        hours=[
            HourRead(hour=row.at or since, **_shown(row.key, row.tally).model_dump()) for row in rows if row.key in kept
        ],
        slowest=[
            SlowQuestionRead(id=query_id, owner_id=owner_id, agent_id=agent_id, took_s=took_s, stages_s=stages)
            for query_id, owner_id, agent_id, took_s, stages in slowest
        ],
    )


async def prometheus(session: Session, platform: Platform) -> bytes:
    """The totals in Prometheus' text format. Any process gives those of the whole installation."""
    stored, depths = await measures.totals(session), await measures.queues(session)
    processes = await measures.processes(session)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_families(stored), *_gauges(platform, depths, processes)]))
    return generate_latest(registry)


class _Collected(Collector):
    """Families that were made before, because a collector cannot wait."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Gives the families."""
        yield from self._families


def _families(stored: Iterable[Stored]) -> list[Metric]:
    durations = HistogramMetricFamily(
        "agentgraph_duration_seconds", "How long things took, by what was measured.", labels=["measure", "key"]
    )
    failures = CounterMetricFamily(
        "agentgraph_failures", "How often things did not go well, by what was measured.", labels=["measure", "key"]
    )
    for one in stored:
        labels = [one.measure.value, one.key]
        failures.add_metric(labels, one.tally.failures)
        if one.measure not in _COUNTED:
            durations.add_metric(labels, _buckets(one.tally), one.tally.total_s)
    return [durations, failures]


def _buckets(tally: Tally) -> list[tuple[str, float]]:
    """Running sums over every second class, which is fine enough for rates and halves what is stored."""
    sums, total = [], 0
    for bound, count in zip((*BOUNDS_S, None), tally.classes, strict=True):
        total += count
        sums.append(("+Inf" if bound is None else str(bound), float(total)))
    return [*sums[:-1:2], sums[-1]]


def _gauges(
    platform: Platform, depths: Iterable[QueueDepth], processes: Iterable[tuple[str, str, int, float]]
) -> list[Metric]:
    waiting = GaugeMetricFamily("agentgraph_queue_waiting", "Jobs that wait.", labels=["queue"])
    oldest = GaugeMetricFamily("agentgraph_queue_oldest_seconds", "Age of the oldest job that waits.", labels=["queue"])
    for depth in depths:
        queue = QUEUE_OF[JobKind(depth.kind)].value
        waiting.add_metric([queue], depth.waiting)
        oldest.add_metric([queue], depth.oldest_s)
    living = GaugeMetricFamily("agentgraph_processes", "Processes that showed lately that they live.", labels=["part"])
    limit_s = 3 * platform.settings.heartbeat_s
    alive = [part for part, _, _, silent_s in processes if silent_s <= limit_s]
    for part in sorted(set(alive)):
        living.add_metric([part], alive.count(part))
    pool = GaugeMetricFamily("agentgraph_database_connections", "Connections of the scraped process.", labels=["state"])
    for state, count in platform.database.connections().items():
        pool.add_metric([state], count)
    return [waiting, oldest, living, pool]


def _summed(rows: Iterable[Stored]) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for row in rows:
        mine = found.setdefault(row.key, Tally())
        mine.count += row.tally.count
        mine.failures += row.tally.failures
        mine.total_s += row.tally.total_s
        mine.classes = [one + other for one, other in zip(mine.classes, row.tally.classes, strict=True)]
    return found


def _shown(key: str, tally: Tally) -> TallyRead:
    return TallyRead(
        key=key,
        count=tally.count,
        failures=tally.failures,
        mean_s=tally.total_s / tally.count if tally.count else None,
        p50_s=percentile_s(tally.classes, 0.50),
        p95_s=percentile_s(tally.classes, 0.95),
        p99_s=percentile_s(tally.classes, 0.99),
    )


def _queue(depth: QueueDepth) -> QueueRead:
    return QueueRead(
        queue=QUEUE_OF[JobKind(depth.kind)].value,
        waiting=depth.waiting,
        running=depth.running,
        oldest_waits_s=depth.oldest_s,
    )


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
