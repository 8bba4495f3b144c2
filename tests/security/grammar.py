"""Writes statements by chance: joins, subqueries, WITH, set operations and names that shadow each other."""

from dataclasses import dataclass, field
from random import Random

Column = tuple[str, bool]
"""Name as it is written, and whether it holds numbers."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something that stands in FROM, by the name that its columns are spoken of with."""

    alias: str
    columns: tuple[Column, ...]


@dataclass(slots=True)
class Grammar:
    """One statement's worth of chances; `tables` are columns by name as written, `random` decides everything."""

    random: Random
    tables: dict[str, tuple[Column, ...]]
    dialect: str
    schema: str = "main"
    strays: tuple[str, ...] = ()
    """Names of columns that statements try now and then, though no table has them (any more)."""
    queries: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    """WITH queries that may be read here."""

    def statement(self) -> str:
        """A whole query."""
        return self._query(depth=2)[0]

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _query(self, depth: int) -> tuple[str, tuple[Column, ...]]:
        outer = dict(self.queries)
        with_ = self._with(depth) if depth and self._chance(0.35) else ""
        text, columns = self._select(depth, ())
        if depth and self._chance(0.25):
            other, others = self._select(depth - 1, (), width=len(columns))
            if self.dialect == "sqlite" or [kind for _, kind in others] == [kind for _, kind in columns]:
                word = self.random.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
                text = f"{text} {word} {other}"
        self.queries = outer
        if self._chance(0.2):
            order = ", ".join(str(place + 1) for place in range(len(columns)))
            text += f" ORDER BY {order} LIMIT {self.random.randint(0, 4)}"
        return with_ + text, columns

    def _with(self, depth: int) -> str:
        parts = []
        for number in range(self.random.randint(1, 2)):
            # A name that a table has as well, or one of its own.
            name = self.random.choice([*self.tables, f"c{number}"])
            body, columns = self._select(depth - 1, ())
            if name in self.queries:
                continue
            self.queries[name] = columns
            parts.append(f"{name} AS ({body})")
        return f"WITH {', '.join(parts)} " if parts else ""

    def _select(
        self, depth: int, outer: tuple[Source, ...], *, width: int | None = None, numbers: bool | None = None
    ) -> tuple[str, tuple[Column, ...]]:
        from_, sources = self._from(depth)
        visible = (*sources, *outer)
        if width is None and self._chance(0.2):
            star = self.random.choice(["*", f"{sources[0].alias}.*"])
            shown = sources if star == "*" else sources[:1]
            items, columns = [star], tuple(column for source in shown for column in source.columns)
        elif width is None and self._chance(0.2):
            items, columns = (
                [f"count(*) AS n, sum({self._value(visible, numbers=True)}) AS s"],
                (("n", True), ("s", True)),
            )
        else:
            chosen = [self._item(visible, depth, place, numbers) for place in range(width or self.random.randint(1, 3))]
            items, columns = [text for text, _ in chosen], tuple(column for _, column in chosen)
        text = f"SELECT {'DISTINCT ' if self._chance(0.1) else ''}{', '.join(items)} FROM {from_}"
        if self._chance(0.6):
            text += f" WHERE {self._condition(visible, depth)}"
        return text, columns

    def _item(self, visible: tuple[Source, ...], depth: int, place: int, numbers: bool | None) -> tuple[str, Column]:
        name = f"k{place}"
        if numbers is None:
            numbers = self._chance(0.6)
        if depth and self._chance(0.15):
            inner, _ = self._select(depth - 1, visible, width=1, numbers=numbers)
            return f"({inner} ORDER BY 1 LIMIT 1) AS {name}", (name, numbers)
        value = self._value(visible, numbers=numbers)
        if self._chance(0.15):
            value = f"CASE WHEN {self._condition(visible, 0)} THEN {value} END"
        return f"{value} AS {name}", (name, numbers)

    def _from(self, depth: int) -> tuple[str, tuple[Source, ...]]:
        text, source = self._source(depth, 0)
        sources = [source]
        for place in range(1, self.random.choice([1, 1, 2, 2, 3])):
            joined, other = self._source(depth, place)
            if any(other.alias.lower() == one.alias.lower() for one in sources):
                continue
            text += self._join(joined, (*sources, other))
            sources.append(other)
        return text, tuple(sources)

    def _join(self, joined: str, sources: tuple[Source, ...]) -> str:
        one, other = dict(sources[-2].columns), dict(sources[-1].columns)
        common = {name for name in one.keys() & other.keys() if one[name] == other[name]}
        alike = common == one.keys() & other.keys()
        kind = self.random.choice(["JOIN", "LEFT JOIN"])
        if common and len(sources) == 2 and self._chance(0.3):
            return f" {kind} {joined} USING ({self.random.choice(sorted(common))})"
        if common and alike and len(sources) == 2 and self._chance(0.15):
            return f" NATURAL {kind} {joined}"
        left, right = self._value(sources[:-1], numbers=True), self._value(sources[-1:], numbers=True)
        return f" {kind} {joined} ON {left} = {right}"

    def _source(self, depth: int, place: int) -> tuple[str, Source]:
        if depth and self._chance(0.2):
            inner, columns = self._select(depth - 1, ())
            return f"({inner}) AS s{place}", Source(f"s{place}", columns)
        if self.queries and self._chance(0.5):
            name = self.random.choice(sorted(self.queries))
            columns = self.queries[name]
        else:
            name = self.random.choice(sorted(self.tables))
            columns = self.queries.get(name, self.tables[name])
        written = self._spelling(name)
        if self._chance(0.5):
            # An alias may be the name of another table.
            alias = self.random.choice([f"a{place}", f"a{place}", *self.tables])
            return f"{written} AS {alias}", Source(alias, columns)
        return written, Source(name, columns)

    def _spelling(self, name: str) -> str:
        if name.startswith('"'):
            return name
        spellings = [name, name, f'"{name}"', name.upper()]
        if name not in self.queries:
            spellings.append(f"{self.schema}.{name}")
        return self.random.choice(spellings)

    def _value(self, visible: tuple[Source, ...], *, numbers: bool) -> str:
        if self.strays and self._chance(0.02):
            stray = self.random.choice(self.strays)
            return stray if self._chance(0.5) else f"{visible[0].alias}.{stray}"
        if self._chance(0.1):
            return str(self.random.randint(0, 9)) if numbers else self.random.choice(["'Sul'", "'Norte'", "''"])
        fitting = [(source, name) for source in visible for name, number in source.columns if number == numbers]
        if not fitting:
            return "1" if numbers else "'Sul'"
        source, name = self.random.choice(fitting)
        return f"{source.alias}.{name}"

    def _condition(self, visible: tuple[Source, ...], depth: int) -> str:
        choice = self.random.randint(0, 8 if depth else 3)
        numbers = self._chance(0.6)
        value = self._value(visible, numbers=numbers)
        if choice <= 2:
            comparison = self.random.choice(["=", "<>", "<", ">="])
            return f"{value} {comparison} {self._value(visible, numbers=numbers)}"
        if choice == 3:
            return f"{value} IS {self.random.choice(['', 'NOT '])}NULL"
        if choice == 4:
            return f"({self._condition(visible, depth - 1)} OR {self._condition(visible, depth - 1)})"
        if choice == 5:
            return f"NOT ({self._condition(visible, depth - 1)})"
        inner, _ = self._select(depth - 1, visible, width=1, numbers=numbers)
        if choice == 6:
            return f"EXISTS ({inner})"
        word = self.random.choice(["IN", "NOT IN"])
        if self.dialect == "sqlite" and self._chance(0.3):
            single = [name for name, columns in {**self.tables, **self.queries}.items() if len(columns) == 1]
            if single:
                return f"{value} {word} {self._spelling(self.random.choice(sorted(single)))}"
        return f"{value} {word} ({inner})"
