"""A source as one reader may see it: its rules bound for the gate, and nothing in the catalog that they hide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from app.connectors.catalog import Catalog, TableProfile, ValueMatch
from app.connectors.sql_gate import BoundPolicy, Policy, TableRule
from app.core.errors import RefusedByPolicy
from app.core.errors.access import PolicyInvalid
from app.core.source_rules import ReaderRules, Restriction, TableRules
from app.services.engine.open_sources import ClosableIndex, OpenSource

_UNKNOWN: Final[dict[str, Any]] = {
    "nulls": 0,
    "distinct": None,
    "minimum": None,
    "maximum": None,
    "mean": None,
    "common": (),
    "max_length": None,
}
"""What is said of a column whose statistics count hidden rows."""
_UNFIT: Final = "the rules of this shared source do not fit its tables; its owner can mend them"


class VisibleValues:
    """A value index without what a reader may not see: hidden tables and columns, and tables with hidden rows."""

    def __init__(self, index: ClosableIndex, visible: frozenset[tuple[str, str]]) -> None:
        self._index = index
        self._visible = visible

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first. Blocks: call off the loop."""
        found = self._index.lookup(phrases, limit=limit)
        return [match for match in found if (match.table, match.column) in self._visible]

    def close(self) -> None:
        """Releases nothing: the index stays with the source it is of."""


def restrict(source: OpenSource, rules: Mapping[str, TableRules], restriction: Restriction) -> OpenSource:
    """`source` under `rules` by the names of its tables; the same when there are none.

    Raises RefusedByPolicy when an attribute that a filter uses is missing, or a rule does not fit any more.
    """
    if not rules:
        return source
    seen = visible(source.catalog, rules)
    unfiltered = [table for table in seen.tables if not _hides_rows(rules.get(table.name))]
    columns = frozenset((table.name, column.name) for table in unfiltered for column in table.columns)
    return replace(
        source,
        catalog=seen,
        values=VisibleValues(source.values, columns),
        policy=_bound(source.catalog, rules, restriction),
    )


def by_table(parts: Sequence[tuple[ReaderRules | None, Mapping[str, str]]]) -> dict[str, TableRules]:
    """The rules of several files under the names that their tables have together."""
    return {
        names.get(table.table, table.table): table
        for rules, names in parts
        if rules is not None
        for table in rules.tables
    }


def visible(catalog: Catalog, rules: Mapping[str, TableRules]) -> Catalog:
    """The catalog without what `rules` hide, and without figures that hidden rows went into.

    Raises RefusedByPolicy when a rule names a table or a column that is gone: it may have got another name.
    """
    _require_fit(catalog, rules)
    kept = [table for table in catalog.tables if not _is_left_out(rules.get(table.name))]
    places = {
        (table.name, column.name) for table in kept for column in table.columns if not _hides(rules, table, column.name)
    }
    return replace(catalog, tables=tuple(_visible_table(table, rules.get(table.name), places) for table in kept))


def table_rule(table: TableProfile, rules: TableRules) -> TableRule:
    """What the gate is told of one table."""
    columns = tuple(column.name for column in table.columns)
    return TableRule(table=table.name, columns=columns, hidden=rules.hidden, filter=rules.filter)


def _require_fit(catalog: Catalog, rules: Mapping[str, TableRules]) -> None:
    columns = {table.name: {column.name for column in table.columns} for table in catalog.tables}
    for name, table in rules.items():
        if not table.is_left_out and (name not in columns or not table.hidden <= columns[name]):
            raise RefusedByPolicy(rule="policy", reason=_UNFIT)


def _bound(catalog: Catalog, rules: Mapping[str, TableRules], restriction: Restriction) -> BoundPolicy:
    kept = [(table, rules[table.name]) for table in catalog.tables if table.name in rules]
    try:
        told = tuple(table_rule(table, rule) for table, rule in kept if not rule.is_left_out)
        return Policy(catalog.dialect, told).bind(dict(restriction.attributes))
    except PolicyInvalid as error:
        # The reason would name what is hidden; the owner meets it when the rules are written anew.
        raise RefusedByPolicy(rule="policy", reason=_UNFIT) from error


def _visible_table(table: TableProfile, rules: TableRules | None, places: set[tuple[str, str]]) -> TableProfile:
    columns = tuple(column for column in table.columns if (table.name, column.name) in places)
    if _hides_rows(rules):
        columns = tuple(replace(column, **_UNKNOWN) for column in columns)
    names = {column.name for column in columns}
    return replace(
        table,
        rows=None if _hides_rows(rules) else table.rows,
        columns=columns,
        is_limited=rules is not None and (rules.filter is not None or bool(rules.hidden)),
        primary_key=table.primary_key if names.issuperset(table.primary_key) else (),
        foreign_keys=tuple(
            key
            for key in table.foreign_keys
            if key.column in names and (key.references_table, key.references_column) in places
        ),
    )


def _hides(rules: Mapping[str, TableRules], table: TableProfile, column: str) -> bool:
    found = rules.get(table.name)
    return found is not None and column in found.hidden


def _hides_rows(rules: TableRules | None) -> bool:
    return rules is not None and rules.filter is not None


def _is_left_out(rules: TableRules | None) -> bool:
    return rules is not None and rules.is_left_out
