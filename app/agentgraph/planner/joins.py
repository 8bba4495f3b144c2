"""How tables belong together: declared keys, or columns evidently made to match; and the shortest way between them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count

from app.agentgraph.planner.schema import Schema, SchemaColumn, SchemaTable, read_schema
from app.agentgraph.planner.words import fold, stems
from app.connectors.catalog import Catalog, DataType, TableProfile

_LOOSE, _NAMED = 2.5, 0.9
_FIXED = 0.4
"""What it costs to join along a column that a condition holds to one value, where another column would do."""
_SHARED_VALUES = 3
"""Equal frequent values from which on two columns of texts may speak of the same things."""
_TEXT_LIKE = frozenset({DataType.TEXT, DataType.INTEGER})


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows of the two columns' tables belong together where the columns are equal."""

    left: SchemaColumn
    right: SchemaColumn


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns of one table that both hold what `named` holds: which of its rows belong together."""

    left: SchemaColumn
    right: SchemaColumn
    named: SchemaColumn


class JoinGraph:
    """The edges between the tables of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._edges: dict[str, list[Edge]] = {}
        self._words = {table.name: {stem for word in table.words for stem in stems(word)} for table in schema.tables}
        declared = list(_declared(schema))
        self._declared = frozenset((*declared, *(Edge(e.right, e.left) for e in declared)))
        joined = {frozenset((e.left.table, e.right.table)) for e in declared}
        evident = [e for e in _evident(schema) if frozenset((e.left.table, e.right.table)) not in joined]
        known = {frozenset((e.left, e.right)) for e in evident}
        shared = [e for e in _shared(schema) if frozenset((e.left.table, e.right.table)) not in joined]
        for edge in (*declared, *evident, *(e for e in shared if frozenset((e.left, e.right)) not in known)):
            self._edges.setdefault(edge.left.table, []).append(edge)
            self._edges.setdefault(edge.right.table, []).append(Edge(edge.right, edge.left))
        for edges in self._edges.values():
            edges.sort(
                key=lambda e: e not in self._declared and self._words[e.right.table].isdisjoint(_all_stems(e.right))
            )

    def path(
        self, start: Iterable[str], target: str, *, fixed: frozenset[SchemaColumn] = frozenset()
    ) -> list[Edge] | None:
        """The shortest way from any of the tables, the earlier first, to `target`; None when there is none.

        Columns that are `fixed` to a value are passed over where another column joins the same tables: the neighbours
        of one country are found by the other column of the pairs.
        """
        order = count()
        queue: list[tuple[float, int, str, list[Edge]]] = [(0.0, next(order), table, []) for table in start]
        seen = set[str]()
        while queue:
            length, _, table, edges = heappop(queue)
            if table == target:
                return edges
            if table in seen:
                continue
            seen.add(table)
            for edge in self._edges.get(table, ()):
                if edge.right.table not in seen:
                    step = self._length(edge, target) + (_FIXED if {edge.left, edge.right} & fixed else 0.0)
                    heappush(queue, (length + step, next(order), edge.right.table, [*edges, edge]))
        return None

    def _is_apart(self, edge: Edge) -> bool:
        """Whether an undeclared edge leads to a table that is not called as its column is: `state_name`, of heights."""
        return edge not in self._declared and self._words[edge.right.table].isdisjoint(_all_stems(edge.right))

    def _length(self, edge: Edge, target: str) -> float:
        """1 for an edge along a key; more where neither side is one, less towards the table that links two by name."""
        if not _is_side_unique(edge.left, edge.right) and edge not in self._declared:
            return _LOOSE
        ends = self._words[edge.left.table] | self._words[target]
        return _NAMED if edge.right.table != target and ends <= self._words[edge.right.table] else 1.0

    def tree(
        self, root: str, tables: Iterable[str], *, fixed: frozenset[SchemaColumn] = frozenset()
    ) -> list[Edge] | None:
        """Edges that join all tables to `root`, in an order that can be written; None when they do not meet.

        Where two ways are as short, a table is joined to the one named last before it.
        """
        joined, edges = [root], list[Edge]()
        for table in tables:
            if table in joined:
                continue
            path = self.path(reversed(joined), table, fixed=fixed)
            if path is None:
                return None
            edges += path
            joined += [edge.right.table for edge in path]
        return edges

    def star(self, root: str, tables: Iterable[str]) -> list[Edge] | None:
        """Edges that join each table to `root` by its own shortest way; None when one does not meet it."""
        edges = list[Edge]()
        for table in tables:
            path = self.path([root], table)
            if path is None:
                return None
            edges += [edge for edge in path if edge.right.table not in {known.right.table for known in edges}]
        return edges

    def pair(self, table: SchemaTable) -> Pair | None:
        """Whether the rows of `table` are pairs of one kind of thing (neighbours): two columns that name the same."""
        ends = [e for e in self._edges.get(table.name, ()) if e.left.profile.type is DataType.TEXT]
        for position, first in enumerate(ends):
            for second in ends[position + 1 :]:
                if second.left is not first.left and second.right is first.right:
                    left, right = sorted((first.left, second.left), key=table.columns.index)
                    return Pair(left, right, first.right)
        return None

    def refers(self, column: SchemaColumn, names: SchemaColumn) -> bool:
        """Whether a column holds what the column `names` of another table tells apart, or is that column."""
        return column is names or any(e.left is column and e.right is names for e in self._edges.get(column.table, ()))

    def others(self, table: str, column: SchemaColumn) -> frozenset[SchemaColumn]:
        """The columns of `table` other than `column` by which it can be joined."""
        return frozenset(e.left for e in self._edges.get(table, ()) if e.left is not column)

    def distance(self, left: str, right: str) -> int | None:
        """Edges between two tables; None when they do not meet."""
        path = self.path([left], right)
        return None if path is None else len(path)


@lru_cache(maxsize=128)
def join_graph(catalog: Catalog) -> JoinGraph:
    """The join graph of a catalog; kept for the catalogs used last."""
    return JoinGraph(read_schema(catalog))


def can_join(left: Sequence[TableProfile], right: Sequence[TableProfile]) -> bool:
    """Whether a table of one source evidently belongs to one of another."""
    return any(_between(table, other) is not None for table, other in _pairs(left, right))


def speak_of(left: Sequence[TableProfile], right: Sequence[TableProfile]) -> bool:
    """Whether a column of one source is called like a table of another."""
    return any(_is_spoken_of(*pair) or _is_spoken_of(*reversed(pair)) for pair in _pairs(left, right))


def _pairs(left: Sequence[TableProfile], right: Sequence[TableProfile]) -> Iterator[tuple[SchemaTable, SchemaTable]]:
    ours, theirs = (read_schema(Catalog("", tuple(tables))).tables for tables in (left, right))
    return ((table, other) for table in ours for other in theirs)


def _is_spoken_of(table: SchemaTable, other: SchemaTable) -> bool:
    """Whether a column of `other` holds a word that `table` is called by, as `channel` does of `tv_channel`."""
    title = {stem for word in table.words for stem in stems(word)}
    return any(stems(word) & title for column in other.columns for word in column.words)


def _declared(schema: Schema) -> Iterator[Edge]:
    by_name = {table.name.casefold(): table for table in schema.tables}
    for table in schema.tables:
        for key in table.profile.foreign_keys:
            other = by_name.get(key.references_table.casefold())
            left = _named(table, key.column)
            right = _named(other, key.references_column) if other else None
            if left is not None and right is not None:
                yield Edge(left, right)


def _evident(schema: Schema) -> Iterator[Edge]:
    """Same-named keys of two tables, or `city_id` towards the `id` of `city`: one of the two sides must be unique."""
    for position, left in enumerate(schema.tables):
        for right in schema.tables[position + 1 :]:
            edge = _between(left, right)
            if edge is not None:
                yield edge


def _between(left: SchemaTable, right: SchemaTable) -> Edge | None:
    pairs = [(a, b) for a in left.columns for b in right.columns if _alike(left, a, right, b)]
    pairs.sort(key=lambda pair: (not _is_same_key(*pair), not _is_side_unique(*pair), not _is_coded(*pair)))
    is_evident = pairs and (_is_side_unique(*pairs[0]) or pairs[0][0].is_code)
    return Edge(*pairs[0]) if is_evident else None


def _shared(schema: Schema) -> Iterator[Edge]:
    """A column of texts towards the names of another table's rows, when it holds the same ones (`traverse`: states)."""
    for table in schema.tables:
        names = table.display
        if names is None or not names.is_unique or names.profile.type is not DataType.TEXT:
            continue
        for other in schema.tables:
            if other is not table:
                yield from (Edge(column, names) for column in other.columns if _is_among(column, names))


def _is_among(column: SchemaColumn, names: SchemaColumn) -> bool:
    """Whether a column's values lie among `names`, as far as the frequent ones and the bounds of both tell."""
    known, all_names = column.profile, names.profile
    if known.type is not DataType.TEXT or column.is_numeric_text or (known.distinct or 0) > (all_names.distinct or 0):
        return False
    bounds = (known.minimum, known.maximum, all_names.minimum, all_names.maximum)
    if any(bound is None for bound in bounds):
        return False
    low, high, first, last = map(str, bounds)
    own, held = ({v.value for v in profile.common} for profile in (known, all_names))
    expected = len(own) * len(held) / max(1, all_names.distinct or 1)
    return first <= low and high <= last and len(own & held) >= max(_SHARED_VALUES, expected / 2)


def _alike(left_table: SchemaTable, left: SchemaColumn, right_table: SchemaTable, right: SchemaColumn) -> bool:
    if left.profile.type is not right.profile.type or left.profile.type not in _TEXT_LIKE:
        return False
    if fold(left.name) == fold(right.name):
        coded = left.is_code or right.is_code or left.is_name or left.profile.type is DataType.TEXT
        return coded and fold(left.name) not in {"id", "name", "nome", "title", "titulo", "description", "homepage"}
    return _points_at(left, right, right_table) or _points_at(right, left, left_table)


def _points_at(column: SchemaColumn, target: SchemaColumn, table: SchemaTable) -> bool:
    """`city_id` or `codigo_cidade` towards `id` or `codigo` of `cidades`."""
    if not (target.is_unique and target.is_code and column.is_code):
        return False
    own = set(target.words) | ({target.marker.value} if target.marker else set())
    extra = [w for w in column.words if w not in own]
    in_table = {stem for word in table.words for stem in stems(word)}
    return bool(extra) and all(stems(word) & in_table for word in extra)


def _is_coded(left: SchemaColumn, right: SchemaColumn) -> bool:
    return left.is_code or right.is_code


def _is_same_key(left: SchemaColumn, right: SchemaColumn) -> bool:
    """Whether both are one key by name, of which one side is unique."""
    return fold(left.name) == fold(right.name) and _is_side_unique(left, right) and _is_coded(left, right)


def _all_stems(column: SchemaColumn) -> set[str]:
    return {stem for word in column.words for stem in stems(word)}


def _is_side_unique(left: SchemaColumn, right: SchemaColumn) -> bool:
    return left.is_unique or right.is_unique


def _named(table: SchemaTable, name: str) -> SchemaColumn | None:
    return next((column for column in table.columns if column.name.casefold() == name.casefold()), None)
