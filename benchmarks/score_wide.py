"""One schema of five hundred tables, made of all databases and tables of a folder of questions: what is left of it?

The tables of every source stand beside each other under their own names, one whose name is taken gets a number, and
made-up tables of a company's system fill up. Each question is asked of the whole; the gold SQL says what it needs.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from app.agentgraph.agents.schema_text import build_schema_context
from app.connectors.catalog import Catalog, TableProfile, ValueMatch
from app.ingestion.profile import profile_sqlite
from app.services.batch.sources import BatchSource, BatchSources, question_of
from tests.wide_schema import tables as made_tables

TABLES = 500
Item = dict[str, object]


@dataclass(slots=True)
class WideSchema:
    """The tables of several sources, and which is whose."""

    tables: list[TableProfile] = field(default_factory=list)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Source and name there, by the name here."""
    sources: dict[str, BatchSource] = field(default_factory=dict)

    def add(self, key: str, source: BatchSource) -> None:
        """Puts the tables of `source` beside the others."""
        self.sources[key] = source
        names = {table.name: self._free(table.name) for table in source.catalog.tables}
        for table in source.catalog.tables:
            keys = tuple(
                replace(own, references_table=names.get(own.references_table, own.references_table))
                for own in table.foreign_keys
            )
            self.tables.append(replace(table, name=names[table.name], label=names[table.name], foreign_keys=keys))
            self.owners[names[table.name]] = (key, table.name)

    def fill(self, folder: Path) -> None:
        """Adds made-up tables, which nobody asks for, until there are enough."""
        path = folder / "made.sqlite"
        with closing(sqlite3.connect(path)) as database:
            for _, statement in islice(made_tables(), max(0, TABLES - len(self.tables))):
                database.execute(statement)
        self.tables += profile_sqlite(path).tables

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """Stored values of all sources, under the names here."""
        wanted, names = list(phrases), {owner: name for name, owner in self.owners.items()}
        found = [
            replace(match, table=names[key, match.table])
            for key, source in self.sources.items()
            for match in source.values.lookup(wanted, limit=limit)
        ]
        return sorted(found, key=lambda match: -match.score)

    def _free(self, name: str) -> str:
        taken = {table.name.casefold() for table in self.tables}
        return next(
            free for n in range(1, TABLES) if (free := name if n == 1 else f"{name}_{n}").casefold() not in taken
        )


def answers_of(items: list[Item], others: list[Item], root: Path, *, budget_tokens: int) -> Iterator[Item]:
    """For each of `items` what a model would be told of one schema over all sources, under the item's own names."""
    with BatchSources(root) as opened, tempfile.TemporaryDirectory() as folder:
        wide = WideSchema()
        for item in (*items, *others):
            key = str(item.get("db") or item.get("csv"))
            if key not in wide.sources:
                wide.add(key, opened.of(item))
        wide.fill(Path(folder))
        catalog = Catalog("sqlite", tuple(wide.tables))
        for item in items:
            context = build_schema_context(question_of(item), catalog, wide, budget_tokens=budget_tokens)
            own = {name: there for name, (key, there) in wide.owners.items() if key == item["db"]}
            columns = [column.rpartition(".") for column in context.columns]
            yield {
                "id": item["id"],
                "tables": [own[name] for name in context.tables if name in own],
                "columns": [f"{own[table]}.{column}" for table, _, column in columns if table in own],
                "values": context.told_values,
                "tokens": context.tokens,
            }


def items_in(path: Path) -> list[Item]:
    """The questions of one file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
