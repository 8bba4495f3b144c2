"""What must be zero once everything has ended, by the database, the provider and the disk."""

import asyncio
import subprocess
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx

from benchmarks.bench_overhead import question
from benchmarks.chaos.installation import Installation
from benchmarks.chaos.people import DISTINCT, KIND, Ledger
from benchmarks.figures import report
from benchmarks.load import expected

SETTLE_LIMIT_S = 150.0
"""How long after the last kill everything has to be final: two lost leases one after the other, and the work itself."""
SWEEP_LIMIT_S = 75.0
"""Orphans are removed once they are 30 s old, by a sweep every 30 s."""
CALLS_A_QUESTION: Final = 2
OPEN: Final = """
    SELECT (SELECT count(*) FROM queries WHERE state IN ('queued', 'running'))
         + (SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'held'))
         + (SELECT count(*) FROM batches WHERE finished_at IS NULL)
"""


async def settled(place: Installation) -> float:
    """Waits until nothing is open any more, at most SETTLE_LIMIT_S; gives the seconds that it took."""
    started = time.monotonic()
    while time.monotonic() - started < SETTLE_LIMIT_S:
        try:
            async with place.connection() as connection:
                if await connection.fetchval(OPEN) == 0:
                    break
        except (OSError, asyncpg.PostgresError, TimeoutError):
            pass
        await asyncio.sleep(0.5)
    return time.monotonic() - started


async def count(place: Installation, ledger: Ledger) -> dict[str, int]:
    """All figures that must be zero, by name."""
    async with place.connection() as connection:
        return {
            **await _questions(connection, ledger),
            **await _bills(connection, place),
            "events_answered_twice": await _told_twice(place, ledger),
            **await _files(connection, place, ledger),
            "audit_log_broken": await asyncio.to_thread(_audit, place),
        }


async def outcomes(place: Installation) -> dict[str, Any]:
    """How questions and uploads ended, by state or code of the error, how often questions were begun, what is open."""
    async with place.connection() as connection:
        ends = await connection.fetch("SELECT state, error->>'code' AS code, count(*) FROM queries GROUP BY 1, 2")
        attempts = await connection.fetch("SELECT attempts, count(*) FROM jobs WHERE kind = 'run_query' GROUP BY 1")
        uploads = await connection.fetch(
            "SELECT state, error->>'code' AS code, count(*) FROM file_versions GROUP BY 1, 2"
        )
        still = await connection.fetch("SELECT kind, state, count(*) FROM jobs WHERE finished_at IS NULL GROUP BY 1, 2")
    return {
        "ends": {row["code"] or row["state"]: row["count"] for row in ends},
        "attempts": {str(row["attempts"]): row["count"] for row in attempts},
        "uploads": {row["code"] or row["state"]: row["count"] for row in uploads},
        "open_jobs": {f"{row['kind']} {row['state']}": row["count"] for row in still},
    }


async def _questions(connection: asyncpg.Connection, ledger: Ledger) -> dict[str, int]:
    rows = await connection.fetch(
        "SELECT q.id, q.question, q.state, q.answer, q.batch_id, r.rows FROM queries q"
        " LEFT JOIN query_results r ON r.query_id = q.id"
    )
    by_id = {str(row["id"]): row for row in rows}
    numbers = {question(KIND, number): number for number in range(ledger.sent)}
    asked = Counter(row["question"] for row in rows)
    is_open = {"queued", "running"}
    in_batches = Counter(str(row["batch_id"]) for row in rows if row["batch_id"] is not None)
    lost = [query_id for query_id in ledger.accepted if query_id not in by_id or by_id[query_id]["state"] in is_open]
    lost += [batch for batch, sent in ledger.batches.items() if in_batches[batch] != len(sent)]
    if lost:
        report("lost", len(lost), "queries and batches", ids=lost, batches=sum(one in ledger.batches for one in lost))
    right = [expected(number % DISTINCT) for number in range(ledger.sent)]
    wrong = [row for row in rows if row["state"] == "succeeded" and not _is_right(row, right[numbers[row["question"]]])]
    return {
        "accepted_lost": len(lost),
        "never_final": sum(row["state"] in is_open for row in rows),
        "asked_twice": sum(times - 1 for times in asked.values()),
        "answered_wrong": len(wrong),
        "requests_never_taken": len(ledger.untaken),
    }


def _is_right(row: asyncpg.Record, days: int) -> bool:
    return row["rows"] is not None and zlib.decompress(row["rows"]) == f"[[{days}]]".encode()


async def _bills(connection: asyncpg.Connection, place: Installation) -> dict[str, int]:
    """Paid twice: one call in two rows, more calls to replay than a question takes, or one made after its answer was
    already stored.

    Two processes may make the same call at once, when one of them was cut off for longer than its lease. The provider
    has answered both then, and both are in the ledger: how often is reported, and is no error of the bill.
    """
    rows = await connection.fetch(
        "SELECT query_id, provider_call_id, created_at, right(call_key, 36) = id::text AS is_beside"
        "  FROM usage_records WHERE outcome = 'answered'"
    )
    report("calls_made_by_two_at_once", sum(row["is_beside"] for row in rows), "calls")
    a_query = Counter(row["query_id"] for row in rows if not row["is_beside"])
    a_call = Counter(row["provider_call_id"] for row in rows)
    billed = await connection.fetchval(
        "SELECT count(*) FROM queries q WHERE finished_at IS NOT NULL AND tokens_in + tokens_out <>"
        " (SELECT coalesce(sum(tokens_in + tokens_out), 0) FROM usage_records u WHERE u.query_id = q.id)"
    )
    async with httpx.AsyncClient(base_url=place.models, timeout=60) as client:
        calls = (await client.get("/log")).json()
    digest_of = {call["number"]: call["digest"] for call in calls}
    stored_at = {digest_of[int(row["provider_call_id"].rpartition("-")[2])]: row["created_at"] for row in rows}
    again = [c for c in calls if c["digest"] in stored_at and c["at"] > stored_at[c["digest"]].timestamp() + 0.05]
    return {
        "billed_twice": sum(max(0, made - CALLS_A_QUESTION) for made in a_query.values())
        + sum(times - 1 for times in a_call.values()),
        "billed_wrong": billed,
        "paid_again_after_stored": len(again),
    }


async def _told_twice(place: Installation, ledger: Ledger) -> int:
    """Event streams that tell more than one end."""
    twice = 0
    async with place.valkey() as valkey:
        for query_id in ledger.accepted:
            entries: Any = await valkey.xrange(f"agentgraph:events:{query_id}")
            ends = [fields for _, fields in entries if fields[b"name"] in {b"query.succeeded", b"query.failed"}]
            twice += len(ends) > 1
    return twice


async def _files(connection: asyncpg.Connection, place: Installation, ledger: Ledger) -> dict[str, int]:
    root = place.system.data_dir
    deadline = time.monotonic() + SWEEP_LIMIT_S
    while orphans := await _orphans(connection, root):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(2)
    ready = await connection.fetch("SELECT storage_key FROM file_versions WHERE state = 'ready'")
    versions = await connection.fetch("SELECT file_id::text AS file_id, state FROM file_versions")
    states = {row["file_id"]: row["state"] for row in versions}
    if lost := [file_id for file_id in ledger.uploaded if states.get(file_id) != "ready"] + list(map(str, orphans)):
        report("lost", len(lost), "uploads and orphans", what=lost)
    return {
        "orphan_files": len(orphans),
        "half_visible_files": sum(not (root / row["storage_key"] / "data.sqlite").is_file() for row in ready),
        "uploads_lost": sum(states.get(file_id) != "ready" for file_id in ledger.uploaded),
    }


async def _orphans(connection: asyncpg.Connection, root: Path) -> list[Path]:
    """Folders of file versions without a row, and remains of uploads that never came whole."""
    known = {row["id"] for row in await connection.fetch("SELECT id FROM file_versions")}
    versions = [path for path in (root / "files").glob("*/*") if path.is_dir()]
    remains = [path for name in ("incoming", "uploads", "work") for path in (root / name).glob("*")]
    return [path for path in versions if UUID(path.name) not in known] + remains


def _audit(place: Installation) -> int:
    """1 unless the chain of the audit log holds."""
    command = [sys.executable, "-m", "app.cli", "audit", "verify"]
    return int(subprocess.run(command, env=place.environment, stdout=subprocess.DEVNULL, check=False).returncode != 0)
