"""Scores the planner on servers: real databases copied into PostgreSQL and MariaDB, asked in English and Portuguese.

`python -m benchmarks.score_servers DATA [NAME …]` takes the questions of `DATA/nlsql/spider_dev_*.jsonl` over the
databases called NAME (all by default), reads their schema through the connectors, and compares the rows of each answer
with those that are known, in any order. On standard error it writes the questions that were answered wrongly.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncpg

from app.agentgraph.planner import Declined, plan
from app.connectors.base import Limits
from app.connectors.endpoint import Endpoint, Link, take_apart
from app.connectors.mysql import MYSQL
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector, ServerEngine
from app.connectors.server_pool import Room
from app.connectors.sql_gate import check
from app.connectors.survey import Survey
from app.connectors.value_index import SqliteValueIndex
from app.core.egress import EgressRules
from app.core.engines import TlsMode
from app.core.errors import AgentGraphError
from app.embedded.services import EmbeddedServices
from app.ingestion.value_index import write_values
from benchmarks.figures import report
from benchmarks.sqlite_copy import copy_to_mysql, copy_to_postgres, tables_of
from tests.mariadb import MariaDb, mariadb_is_there, start_mariadb

LOCAL = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),))
SURVEY_S = 60.0


def items_of(data: Path, path: Path) -> list[dict[str, Any]]:
    """The questions over the database at `path` whose rows are known."""
    files = sorted((data / "nlsql").glob("spider_dev_*.jsonl"))
    items = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [item for item in items if Path(item.get("db") or "").name == path.name and "gold_result" in item]


async def score(engine: ServerEngine, endpoint: Endpoint, items: list[dict[str, Any]], folder: Path) -> Counter[str]:
    """How many answers were right, wrong, declined, or ended in an error."""
    connector = DatabaseConnector(engine, endpoint, LOCAL, Link(), Room(5))
    try:
        survey = await connector.survey(SURVEY_S)
        place = folder / f"{engine.dialect}-{endpoint.database}.sqlite"
        write_values(place, survey.values)
        with closing(SqliteValueIndex(place)) as values:
            return Counter([await _verdict(connector, survey, values, item) for item in items])
    finally:
        await connector.close()


async def _verdict(connector: DatabaseConnector, survey: Survey, values: SqliteValueIndex, item: dict[str, Any]) -> str:
    planned = plan(item["question"], survey.catalog, values)
    if isinstance(planned, Declined):
        return "declined"
    tables = [table.name for table in survey.catalog.tables]
    try:
        statement = check(planned.sql, dialect=connector.dialect, tables=tables)
        result = await connector.query(statement, Limits(max_rows=10_000))
    except AgentGraphError as error:
        sys.stderr.write(f"{connector.dialect} {error.code}: {item['question']}\n    {planned.sql}\n    {error}\n")
        return error.code
    if Counter(map(_comparable, result.rows)) == Counter(map(_comparable, item["gold_result"]["rows"])):
        return "right"
    sys.stderr.write(f"{connector.dialect} wrong: {item['question']}\n    {planned.sql}\n")
    return "wrong"


def _comparable(row: Any) -> tuple[str, ...]:
    """A row without the order of its columns, its numbers to six digits."""
    return tuple(sorted(_as_text(cell) for cell in row))


def _as_text(cell: Any) -> str:
    try:
        return f"{float(cell):.6g}"
    except (TypeError, ValueError):
        return str(cell)


async def on_postgres(url: str, path: Path, items: list[dict[str, Any]], folder: Path) -> Counter[str]:
    """The verdicts on PostgreSQL."""
    administration = await asyncpg.connect(url)
    await administration.execute(f'CREATE DATABASE "{path.stem}"')
    await administration.close()
    own = f"{url.rpartition('/')[0]}/{path.stem}"
    await copy_to_postgres(own, tables_of(path))
    return await score(POSTGRES, replace(Endpoint(**take_apart(own)), tls=TlsMode.DISABLE), items, folder)


async def on_mariadb(server: MariaDb, path: Path, items: list[dict[str, Any]], folder: Path) -> Counter[str]:
    """The verdicts on MariaDB."""
    with server.database(path.stem) as owner:
        with closing(server.root(path.stem)) as connection:
            copy_to_mysql(connection, tables_of(path))
        return await score(MYSQL, owner, items, folder)


def _report(engine: str, verdicts: Counter[str]) -> None:
    answered = verdicts["right"] + verdicts["wrong"]
    report(f"servers_{engine}_right", verdicts["right"], "answers", of=verdicts.total(), verdicts=dict(verdicts))
    report(f"servers_{engine}_precision", verdicts["right"] / max(1, answered), "share", of=answered)


def main(data: Path, names: list[str]) -> None:
    """Scores every wanted database on each server that this machine has."""
    paths = sorted((data / "nlsql" / "dbs" / "spider").glob("*.sqlite"))
    wanted = [path for path in paths if not names or path.stem in names]
    asked = {path: items for path in wanted if (items := items_of(data, path))}
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        folder = Path(name)
        with EmbeddedServices(folder / "services", fast=True) as urls:
            found = [runner.run(on_postgres(urls.database_url, path, items, folder)) for path, items in asked.items()]
            _report("postgresql", sum(found, Counter()))
        if not mariadb_is_there():
            sys.stderr.write("left out: MariaDB is not installed here\n")
            return
        with start_mariadb() as server:
            found = [runner.run(on_mariadb(server, path, items, folder)) for path, items in asked.items()]
            _report("mariadb", sum(found, Counter()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
