"""Leads the tour through servers that hold real databases, with the planner and with a scripted model.

`python -m benchmarks.tour_servers DATA QUESTIONS [NAME …]` copies the databases called NAME (all by default) of
`DATA/nlsql` into PostgreSQL and MariaDB, connects each of them to a running installation, and has `examples/tour.sh`
ask up to QUESTIONS questions over each, in English and Portuguese, those with joins first. The scripted model gives the
known statement, written in the server's dialect. Prints the tours, then the figures.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
from sqlglot import exp, parse_one

from app.embedded.services import EmbeddedServices
from benchmarks.figures import report
from benchmarks.score_servers import items_of
from benchmarks.sqlite_copy import Table, copy_to_mysql, copy_to_postgres, tables_of
from benchmarks.system import System, fake_providers, provider_settings, running_system
from tests.mariadb import MariaDb, mariadb_is_there, start_mariadb

TOUR = Path(__file__).parents[1] / "examples" / "tour.sh"
LOCAL = {"AGENTGRAPH_EGRESS_ALLOWED_NETWORKS": '["127.0.0.0/8"]'}
"""The setting that lets an installation connect to servers on this machine."""
MODEL = "openai:gpt-4o-mini"
_DEADLINE_S = 1800
_CHECK = re.compile(r"^  check    (\w+)", re.MULTILINE)

Item = Mapping[str, Any]
"""A question: `question`, the `sql` of whoever knows the answer, and its `rows`."""


def known_items(data: Path, path: Path, most: int) -> list[Item]:
    """At most `most` questions over the SQLite file at `path` whose rows are known, their SQL in SQLite's dialect.

    Both languages in turn, and questions over several tables first.
    """
    by_language: dict[str, list[Item]] = {}
    for item in sorted(items_of(data, path), key=lambda item: item["n_tables"] == 1):
        made = {"question": item["question"], "sql": item["gold_sql"], "rows": item["gold_result"]["rows"]}
        by_language.setdefault(item["lang"], []).append(made)
    in_turn = (item for pair in zip_longest(*by_language.values()) for item in pair if item is not None)
    return list(islice(in_turn, most))


def in_dialect(sql: str, dialect: str, tables: Sequence[Table]) -> str:
    """A statement of SQLite in another dialect, with names spelt as the tables and columns are."""
    spelt = {name.lower(): name for table in tables for name in (table.name, *(column for column, _ in table.columns))}
    tree = parse_one(sql, dialect="sqlite")
    for name in tree.find_all(exp.Identifier):
        name.set("this", spelt.get(name.name.lower(), name.name))
        name.set("quoted", name.name.lower() in spelt)
    for select in tree.find_all(exp.Select):
        _group_by_all(select)
    return tree.sql(dialect)


def _group_by_all(select: exp.Select) -> None:
    """Servers want every column of a grouped result to be grouped by, or to be an aggregate."""
    group = select.args.get("group")
    if group is not None:
        missing = [it for it in select.selects if not it.find(exp.AggFunc) and it not in group.expressions]
        group.set("expressions", [*group.expressions, *(it.unalias().copy() for it in missing)])


@contextmanager
def on_postgres(url: str, name: str, tables: Sequence[Table]) -> Iterator[str]:
    """A new database with these tables on the server of `url`; gives the string that connects it."""
    asyncio.run(_execute(url, f'CREATE DATABASE "{name}"'))
    own = f"{url.rpartition('/')[0]}/{name}"
    try:
        asyncio.run(copy_to_postgres(own, list(tables)))
        yield f"{own}?sslmode=disable"
    finally:
        asyncio.run(_execute(url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def on_mariadb(server: MariaDb, name: str, tables: Sequence[Table]) -> Iterator[str]:
    """The same on MariaDB."""
    with server.database(name) as owner:
        with closing(server.root(name)) as connection:
            copy_to_mysql(connection, list(tables))
        secret = f"{quote(owner.user)}:{quote(owner.password)}"
        yield f"mysql://{secret}@{owner.host}:{owner.port}/{name}?ssl-mode=disabled"


def tour(system: System, dsn: str, items: Sequence[Item], model: str | None) -> str:
    """What the tour prints when it asks `items` of the database at `dsn`; it has checked every answer itself."""
    with tempfile.TemporaryDirectory() as folder:
        questions = Path(folder) / "questions.jsonl"
        questions.write_text("".join(f"{json.dumps(dict(item))}\n" for item in items), encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "TOUR_DSN": dsn,
            "TOUR_QUESTIONS": str(questions),
            "TOUR_OUT": folder,
            **({} if model is None else {"TOUR_MODEL": model}),
        }
        done = subprocess.run(
            ["bash", str(TOUR), system.url],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_DEADLINE_S,
            check=False,
        )
    return done.stdout + done.stderr


def verdicts(printed: str) -> Counter[str]:
    """How many checks of a tour ended how: `right`, `WRONG`, or the outcome of a question that was not answered."""
    return Counter(_CHECK.findall(printed))


async def _execute(url: str, statement: str) -> None:
    administration = await asyncpg.connect(url)
    try:
        await administration.execute(statement)
    finally:
        await administration.close()


Opened = Callable[[str, Sequence[Table]], AbstractContextManager[str]]
"""Makes a database of a name that holds tables, and gives the string that connects it."""


def _led(dialect: str, asked: Mapping[Path, Sequence[Item]], opened: Opened) -> dict[str, Counter[str]]:
    """The verdicts of the planner and of the model over all databases, on one installation."""
    found: dict[str, Counter[str]] = {"planner": Counter(), "model": Counter()}
    with ExitStack() as stack:
        statements: dict[str, str] = {}
        dsns = []
        for path, items in asked.items():
            tables = tables_of(path)
            dsns.append((stack.enter_context(opened(path.stem, tables)), items))
            statements |= {item["question"]: in_dialect(item["sql"], dialect, tables) for item in items}
        urls = stack.enter_context(fake_providers(statements, latency_s=0))
        system = stack.enter_context(running_system({**provider_settings(urls), **LOCAL}))
        for dsn, items in dsns:
            for by, model in (("planner", None), ("model", MODEL)):
                printed = tour(system, dsn, items, model)
                sys.stdout.write(printed)
                found[by] += verdicts(printed)
    return found


def _report(engine: str, by_whom: Mapping[str, Counter[str]]) -> int:
    """Prints the verdicts; gives how many answers of the scripted model, whose SQL is known, were not right."""
    for by, found in by_whom.items():
        report(f"tour_{engine}_{by}_right", found["right"], "answers", of=found.total(), verdicts=dict(found))
    return by_whom["model"].total() - by_whom["model"]["right"]


def main(data: Path, most: int, names: list[str]) -> int:
    """Leads the tour through every wanted database on each server here; 1 when an answer of the model is wrong."""
    paths = sorted((data / "nlsql" / "dbs" / "spider").glob("*.sqlite"))
    wanted = [path for path in paths if not names or path.stem in names]
    asked = {path: items for path in wanted if (items := known_items(data, path, most))}
    with tempfile.TemporaryDirectory() as folder, EmbeddedServices(Path(folder), fast=True) as urls:
        wrong = _report("postgresql", _led("postgres", asked, partial(on_postgres, urls.database_url)))
    if not mariadb_is_there():
        sys.stderr.write("left out: MariaDB is not installed here\n")
        return int(wrong > 0)
    with start_mariadb() as server:
        wrong += _report("mariadb", _led("mysql", asked, partial(on_mariadb, server)))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
