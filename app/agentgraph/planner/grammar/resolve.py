"""Chooses, for every part with several readings, the one that fits the others: near their tables, by few joins."""

from dataclasses import dataclass, replace

from app.agentgraph.planner.grammar.draft import hinted_column
from app.agentgraph.planner.items import ColumnLink, Item, Items, TableLink, ValueLink
from app.agentgraph.planner.joins import JoinGraph, join_graph
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import Marker, Schema, SchemaTable
from app.agentgraph.planner.words import VERB_ENDINGS, fold

_BEAM = 32
_TABLE_COST = 0.3
"""What each further table costs; a better name match is worth about as much."""
_APART = 5.0
_NEAR = 0.35
_OWN = 0.02
"""Settles ties for a name in the table of what it names: a state in the table of states."""
_OWN_NAME = 1.3
_WHOLE_NAME = 0.8
"""From here on words are all of a name that matters, and not one word of several."""
_WHOLE_VALUE = 1.2
"""What a value scores that is left unread because all rows of its tables hold it: it keeps none out."""
_UNLINKED = 0.35
"""What a participle scores that is left as a mere verb: less than a column of the same table."""

_TABLE = frozenset({"table", "tabela", "the table"})
_NAMING = frozenset("name names nome nomes title titles titulo titulos".split())

Link = ColumnLink | TableLink | ValueLink


@dataclass(frozen=True, slots=True)
class _State:
    score: float
    tables: frozenset[str]
    chosen: tuple[tuple[Item, Link | None], ...]


def resolve(items: Items, schema: Schema) -> SchemaTable:
    """Leaves one reading to every part and gives the table that the question is about."""
    graph = join_graph(schema.catalog)
    parts = [item for item in items if item.is_name or item.values]
    favoured = _favoured_tables(items)
    states = [_State(0.0, frozenset(), ())]
    for item in parts:
        options = _options(item, items, schema, favoured)
        grown = [_extend(state, item, link, bonus) for state in states for link, bonus in options]
        states = sorted(grown, key=lambda s: -_total(s, graph))[:_BEAM]
    best = states[0]
    for item, link in best.chosen:
        _settle(item, link)
    return _main(best, items, schema)


def _options(item: Item, items: Items, schema: Schema, favoured: set[str]) -> list[tuple[Link | None, float]]:
    """The readings of a part, each with what its surroundings add to its score."""
    links: list[Link] = [*item.tables, *item.columns, *item.values, *_named_display(item, items)]
    near = _near_tables(item, items) or favoured
    fitting = [(link, _bonus(item, link, near, items) + _fitting(link, items, schema)) for link in links[:24]]
    if _says_everything(item, schema):
        return [(None, _WHOLE_VALUE), *((link, bonus - _WHOLE_VALUE) for link, bonus in fitting)]
    return [*fitting, (None, _UNLINKED)] if _tells(item, items) else list(fitting)


def _says_everything(item: Item, schema: Schema) -> bool:
    """`in the usa`, among tables of which no row is of another country: no condition, and no table to join."""
    if len(schema.tables) < 2 or not item.values or item.is_name or item.quoted:
        return False
    return all(link.column.profile.distinct == 1 and not link.column.profile.nulls for link in item.values)


def _tells(item: Item, items: Items) -> bool:
    """`references cited`: a participle right after a name may tell about it, whatever column is called so."""
    before = items.before(item, skip=False)
    verbal = fold(item.text).endswith(VERB_ENDINGS) and not (item.tables or item.values)
    return verbal and before is not None and before.is_name


def _favoured_tables(items: Items) -> set[str]:
    """Tables that a question says it is about: `for each concert`, `in the table of channels`."""
    found = set[str]()
    for item in items:
        before = items.before(item, skip=False)
        while before is not None and before.is_silent and fold(before.text) not in _TABLE:
            before = items.before(before, skip=False)
        told = before is not None and (fold(before.text) in _TABLE or before.is_(Role.BY, Role.EACH))
        found |= {link.table.name for link in item.tables} if told else set()
    return found


def _named_display(item: Item, items: Items) -> list[Link]:
    """`names of orchestras` where orchestras have no column of names: the column that stands for them."""
    if not item.columns or fold(item.text) not in _NAMING:
        return []
    tables = [link.table for other in _neighbours(item, items) for link in other.tables]
    own = {link.column for link in item.columns}
    displays = [table.display for table in tables if not own & set(table.columns)]
    return [ColumnLink(column, 0.85) for column in displays if column is not None]


def _bonus(item: Item, link: Link, near: set[str], items: Items) -> float:
    bonus = _NEAR if _table_of(link) in near else 0.0
    if isinstance(link, ColumnLink) and item.tables and link.column.is_code and not _identifies(item, link):
        bonus -= 0.4
    amounts = [c for c in item.columns if (c.column.is_measure and c.score >= _WHOLE_NAME) or _identifies(item, c)]
    if isinstance(link, TableLink) and _is_counted(item, items) and not amounts:
        bonus += 0.25
    if isinstance(link, ColumnLink) and link in amounts and link.column.table in {t.table.name for t in item.tables}:
        bonus += 0.4
    if isinstance(link, ColumnLink) and item.values and not _speaks_of(item, items):
        bonus += 0.25
    if isinstance(link, ColumnLink) and not item.tables and _is_value_after(item, link, items):
        bonus += 0.3
    if isinstance(link, ValueLink):
        named = {c.column for other in _neighbours(item, items) for c in other.columns}
        bonus += 0.5 if link.column in named else 0.0
        bonus += 0.25 if item.columns and _speaks_of(item, items) else 0.0
        bonus += 0.1 if link.column.is_name or link.column.marker is Marker.ACRONYM else 0.0
        bonus += _OWN if set(link.column.words) & link.column.table_words else 0.0
        bonus += _NEAR if _is_kind_after(item, link, items) else 0.0
        bonus -= _OWN_NAME if _is_inside(item, link, items) else 0.0
    if isinstance(link, ColumnLink) and link.column.marker is not None:
        bonus += {
            "acronym": 0.06,
            "description": 0.05,
            "name": 0.04,
            "value": 0.05,
            "code": -0.1,
            "sequence": -0.1,
        }.get(link.column.marker.value, 0.0)
    return bonus


def _is_kind_after(item: Item, link: ValueLink, items: Items) -> bool:
    """`the Ohio river`: of several things called so, the one of the kind that is said right after."""
    following = items.after(item, skip=False)
    return following is not None and any(t.table.display is link.column for t in following.tables)


def _identifies(item: Item, link: ColumnLink) -> bool:
    """`candidates`, in a table of candidates' assets: the code that tells them apart, and not the table's rows."""
    whole = link.score >= _WHOLE_NAME and link.column.is_code and not link.column.is_unique and not link.column.is_key
    return whole and all(table.score < _WHOLE_NAME for table in item.tables)


def _is_value_after(item: Item, link: ColumnLink, items: Items) -> bool:
    """`the acronym UN`: of several acronyms, the one that holds the value after it."""
    following = items.after(item)
    return following is not None and any(value.column is link.column for value in following.values)


def _is_inside(item: Item, link: ValueLink, items: Items) -> bool:
    """`municipalities in São Paulo`: no municipality of that name, where something else is called so too."""
    before = items.before(item, skip=False)
    while before is not None and before.is_(Role.STOP):
        before = items.before(before, skip=False)
    named = items.before(before) if before is not None and before.is_(Role.IN, Role.OF) else items.before(item)
    if before is None or named is None:
        return False
    own = before.is_(Role.IN) or (_is_counted(named, items) and named.start < item.start)
    own = own and any(t.table.display is link.column for t in named.tables)
    true = any(c.column.truth is not None and c.column.table == link.column.table for c in named.columns)
    if not own and not true:
        return False
    return any(other.column.table != link.column.table and other.score >= link.score for other in item.values)


def _speaks_of(item: Item, items: Items) -> bool:
    """Whether a word of the question is about the column that holds a value: `did Joly win`, by the column winner."""
    words = {word for link in item.values for word in link.column.words}
    said = [fold(o.text) for o in items if o is not item and len(o.text) > 2]
    return any(word.startswith(text[:4].rstrip("s")) for word in words for text in said)


def _fitting(link: Link, items: Items, schema: Schema) -> float:
    """`how large is Alaska`: better the Alaska of a table whose rows it names and that knows how large they are."""
    if not isinstance(link, ValueLink):
        return 0.0
    table = schema.table(link.column.table)
    asked = (item.sense.hints for item in items if item.is_(Role.ABOUT) and item.sense is not None)
    return _NEAR if table.display is link.column and any(hinted_column(table, hints) for hints in asked) else 0.0


def _is_counted(item: Item, items: Items) -> bool:
    before = items.before(item)
    return before is not None and before.is_(Role.COUNT, Role.SUPERLATIVE, Role.TOP)


def _near_tables(item: Item, items: Items) -> set[str]:
    """Tables named right beside a part: `name of the stadium`, `stadium name`, `cidade de São Paulo`."""
    before = items.before(item)
    if before is not None and before.number is not None:
        before = items.before(before)
    held = {link.column.table for link in before.values[:1]} if before is not None and not before.tables else set()
    return {link.table.name for other in _neighbours(item, items) for link in other.tables} or held


def _neighbours(item: Item, items: Items) -> list[Item]:
    found = [items.before(item), items.after(item)]
    named = [other for other in found if other is not None]
    listed = next((other for other in items.following(item) if other.tables), None)
    between = [o for o in items.following(item) if listed is not None and o.start < listed.start]
    if listed is not None and all(o.is_silent or o.columns or o.is_(Role.AND) or o.sign for o in between):
        named.append(listed)
    return named


def _extend(state: _State, item: Item, link: Link | None, bonus: float) -> _State:
    if link is None:
        return _State(state.score + bonus, state.tables, (*state.chosen, (item, None)))
    return _State(state.score + link.score + bonus, state.tables | {_table_of(link)}, (*state.chosen, (item, link)))


def _total(state: _State, graph: JoinGraph) -> float:
    tables = sorted(state.tables)
    edges = graph.tree(tables[0], tables[1:]) if tables else []
    return state.score - (_APART if edges is None else _TABLE_COST * max(len(tables) - 1, len(edges)))


def _settle(item: Item, link: Link | None) -> None:
    item.used = link is None and bool(item.values)
    item.columns = (link,) if isinstance(link, ColumnLink) else ()
    item.tables = (link,) if isinstance(link, TableLink) else ()
    if isinstance(link, ValueLink):
        same = [v for v in item.values if v.column is link.column]
        item.values = tuple(dict.fromkeys(replace(v) for v in same))
    else:
        item.values = ()


def _table_of(link: Link) -> str:
    return link.table.name if isinstance(link, TableLink) else link.column.table


def _main(state: _State, items: Items, schema: Schema) -> SchemaTable:
    """The first table named; else the one that most parts belong to; else the largest."""
    named = [item.tables[0].table for item in items if item.tables]
    if named:
        return named[0]
    counts: dict[str, float] = {}
    for link in (link for _, link in state.chosen if link is not None):
        counts[_table_of(link)] = counts.get(_table_of(link), 0.0) + link.score
    if counts:
        return schema.table(max(counts, key=lambda name: counts[name]))
    return max(schema.tables, key=lambda table: table.profile.rows or 0)
