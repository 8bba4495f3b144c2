"""A schema of 2,000 tables of 20 columns on PostgreSQL: time and memory to read it, and what a model is told of it.

`python -m benchmarks.bench_schema`. `schema_context_tables` is the share of questions whose table is in
what a model is told within its budget. Ends with status 1 when that is too few, or the budget is exceeded.
"""

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import asyncpg

from app.agentgraph.agents.schema_text import BUDGET_TOKENS, build_schema_context
from app.connectors.endpoint import Endpoint, Link, take_apart
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.value_index import SqliteValueIndex
from app.core.egress import EgressRules
from app.core.engines import TlsMode
from app.embedded.services import EmbeddedServices
from app.ingestion.value_index import write_values
from benchmarks.figures import percentile, report
from tests.wide_schema import questions, tables

LOCAL = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),))
BUDGET_S = 60.0
ENOUGH = 0.95
"""Share of the questions whose tables must be told."""


def memory_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def fill(url: str) -> int:
    """Makes the tables; gives their number."""
    connection = await asyncpg.connect(url)
    made = 0
    for _, statement in tables():
        await connection.execute(statement)
        made += 1
    await connection.close()
    return made


async def measure(url: str, folder: Path) -> int:
    """Prints the figures; gives the exit status."""
    made = await fill(url)
    endpoint = replace(Endpoint(**take_apart(url)), tls=TlsMode.DISABLE, schemas=("public",))
    connector = DatabaseConnector(POSTGRES, endpoint, LOCAL, Link(), Room(5))
    before = memory_mb()
    started = time.perf_counter()
    catalog = await connector.introspect()
    report("schema_introspect", time.perf_counter() - started, "s", tables=made, columns=20)
    report("schema_introspect_memory", memory_mb() - before, "MB")
    started = time.perf_counter()
    survey = await connector.survey(BUDGET_S)
    report("schema_survey", time.perf_counter() - started, "s", tables=len(survey.catalog.tables))
    report("schema_survey_memory", memory_mb() - before, "MB")
    await connector.close()
    write_values(folder / "values.sqlite", survey.values)
    values = SqliteValueIndex(folder / "values.sqlite")
    seconds, tokens, found = [], [], 0
    for asked in (all_asked := list(questions())):
        started = time.perf_counter()
        context = build_schema_context(asked.question, catalog, values)
        seconds.append(time.perf_counter() - started)
        tokens.append(context.tokens)
        found += set(asked.tables) <= set(context.tables)
    values.close()
    report("schema_context_time", percentile(seconds, 50) * 1000, "ms", p95=round(percentile(seconds, 95) * 1000, 1))
    report("schema_context_tokens", max(tokens), "tokens", target=f"<= {BUDGET_TOKENS}")
    report("schema_context_tables", found / len(all_asked), "share", target=f">= {ENOUGH}", of=len(all_asked))
    return 0 if found >= ENOUGH * len(all_asked) and max(tokens) <= BUDGET_TOKENS else 1


def main() -> int:
    """Measures on an embedded PostgreSQL of its own; gives the exit status."""
    with tempfile.TemporaryDirectory() as name, EmbeddedServices(Path(name), fast=True) as urls:
        return asyncio.run(measure(urls.database_url, Path(name)))


if __name__ == "__main__":
    sys.exit(main())
