"""One agent over several sources: the share of questions that are put to the ones they are about.

`python -m benchmarks.score_sources DATA` takes eight databases of `DATA/nlsql` as files, three CSVs of `DATA/e2e`, and
one more database copied into a MariaDB and read through its connector, where this machine has one. Each question over
one of them is asked of all; right is that source alone, and asking back counts on its own. Then each table of a
database is a source of its own, as CSV files are: there right is what holds every table of the known statement, alone
or with all. On standard error it writes the questions that were sent elsewhere.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from app.agentgraph.context import Part
from app.agentgraph.language import detect_language
from app.agentgraph.source_choice import chosen
from app.connectors.catalog import Catalog, ValueIndex, ValueMatch
from app.connectors.endpoint import Link
from app.connectors.mysql import MYSQL
from app.connectors.registry import Registry
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.value_index import SqliteValueIndex
from app.core.config import Settings
from app.core.errors import Ambiguous
from app.ingestion.value_index import write_values
from app.services.batch.sources import BatchSources
from benchmarks.figures import report
from benchmarks.score_servers import LOCAL, SURVEY_S
from benchmarks.sqlite_copy import copy_to_mysql, tables_of
from tests.mariadb import mariadb_is_there, start_mariadb

DATABASES = 8
CSVS = 3
TARGET = ">= 0.9"


def main(data: Path) -> None:
    """Asks every question over one of the sources of all of them."""
    items = list(_items(data))
    keys = list(dict.fromkeys(key for key, _ in items))
    files = [key for key in keys if key.endswith(".sqlite")]
    kept = [*files[:DATABASES], *[key for key in keys if key.endswith(".csv")][:CSVS]]
    with ExitStack() as stack:
        sources = stack.enter_context(BatchSources(data))
        registry = Registry(Settings())
        parts = [_part(key, sources, registry) for key in kept]
        if mariadb_is_there() and len(files) > DATABASES:
            parts.append(stack.enter_context(_on_mariadb(data, files[DATABASES])))
        _report(parts, [(key, item) for key, item in items if key in {part.name for part in parts}])
        _report_tables(sources, registry, [(key, item) for key, item in items if key in files])


def _items(data: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Questions over one source, with the path of that."""
    folder = data / "nlsql"
    sets = (*sorted(folder.glob("spider_dev_*.jsonl")), folder / "geoquery.jsonl", data / "e2e" / "questions.jsonl")
    for path in sets:
        for item in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            named = [item["db"]] if "db" in item else item.get("files") or []
            if len(named) == 1 and item.get("level") != 7:
                yield f"{path.parent.name}/{named[0]}", item


def _part(key: str, sources: BatchSources, registry: Registry) -> Part:
    source = sources.of({"db" if key.endswith(".sqlite") else "csv": key})
    return Part(key, registry.open_file(source.database, source.catalog), source.catalog, source.values)


@contextmanager
def _on_mariadb(data: Path, key: str) -> Iterator[Part]:
    """A database as a server has it, as far as its connector sees it."""
    path = data / key
    with start_mariadb() as server, server.database(path.stem) as owner, tempfile.TemporaryDirectory() as folder:
        with closing(server.root(path.stem)) as connection:
            copy_to_mysql(connection, tables_of(path))
        connector = DatabaseConnector(MYSQL, owner, LOCAL, Link(), Room(5))
        with asyncio.Runner() as runner:
            survey = runner.run(connector.survey(SURVEY_S))
            runner.run(connector.close())
        write_values(Path(folder) / "values.sqlite", survey.values)
        with closing(SqliteValueIndex(Path(folder) / "values.sqlite")) as values:
            yield Part(key, connector, survey.catalog, values)


def _report(parts: Sequence[Part], items: Sequence[tuple[str, dict[str, Any]]]) -> None:
    verdicts = Counter(_verdict(parts, key, item["question"]) for key, item in items)
    found = dict(verdicts)
    report("sources_right", verdicts["right"] / len(items), "share", target=TARGET, of=len(items), verdicts=found)
    sent = verdicts["right"] + verdicts["wrong"]
    report("sources_precision", verdicts["right"] / max(1, sent), "share", of=sent, sources=len(parts))


def _report_tables(sources: BatchSources, registry: Registry, items: Sequence[tuple[str, dict[str, Any]]]) -> None:
    verdicts = Counter[str]()
    for key, item in items:
        whole = _part(key, sources, registry)
        if len(whole.catalog.tables) > 1:
            verdicts[_verdict_on_tables(whole, item)] += 1
    held = verdicts["alone"] + verdicts["over_all"]
    of = verdicts.total()
    report("sources_held_tables", held / max(1, of), "share", target=TARGET, of=of, verdicts=dict(verdicts))


def _verdict_on_tables(whole: Part, item: dict[str, Any]) -> str:
    parts = [
        replace(
            whole,
            name=table.name,
            catalog=Catalog(whole.catalog.dialect, (replace(table, foreign_keys=()),)),
            values=TableValues(whole.values, table.name),
        )
        for table in whole.catalog.tables
    ]
    gold = sqlglot.parse_one(item.get("gold_sql") or item["gold_sqls"][0], read="sqlite")
    needed = {table.name.casefold() for table in gold.find_all(exp.Table)}
    try:
        found = chosen(parts, item["question"], (), detect_language(item["question"]))
    except Ambiguous as error:
        sys.stderr.write(f"asked: {whole.name}: {item['question']} {error.fields['options']}\n")
        return "asked_back"
    if found is None:
        return "over_all"
    if needed <= {found.name.casefold()}:
        return "alone"
    sys.stderr.write(f"{found.name}: {whole.name}: {item['question']} {sorted(needed)}\n")
    return "too_few"


class TableValues:
    """The values of one table of an index, as the file of that table would have them."""

    def __init__(self, index: ValueIndex, table: str) -> None:
        self._index = index
        self._table = table

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """See `ValueIndex`; of more matches than asked for, since those of other tables fall away."""
        found = self._index.lookup(phrases, limit=5 * limit)
        return [match for match in found if match.table == self._table]


def _verdict(parts: Sequence[Part], key: str, question: str) -> str:
    try:
        found = chosen(parts, question, (), detect_language(question))
    except Ambiguous as error:
        sys.stderr.write(f"asked: {key}: {question} {error.fields['options']}\n")
        return "asked_back"
    if found is not None and found.name == key:
        return "right"
    sys.stderr.write(f"{'all' if found is None else found.name}: {key}: {question}\n")
    return "over_all" if found is None else "wrong"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
