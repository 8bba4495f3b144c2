"""Writes a frame as one statement: a sqlglot tree, generated for the source's dialect."""

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp

from app.agentgraph.planner.frame import (
    Aggregate,
    AnyOf,
    Comparison,
    Condition,
    Difference,
    Dimension,
    Figure,
    Filter,
    Frame,
    Grain,
    Measure,
    Order,
    Output,
    Ratio,
    Related,
)
from app.agentgraph.planner.joins import Edge, JoinGraph
from app.agentgraph.planner.running_sql import running_total
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.streak_sql import longest_run
from app.connectors.catalog import Scalar

_FORMATS = {Grain.YEAR: "%Y", Grain.MONTH: "%Y-%m", Grain.DAY: "%Y-%m-%d"}
_FUNCTIONS: dict[Aggregate, type[exp.AggFunc]] = {
    Aggregate.SUM: exp.Sum,
    Aggregate.AVG: exp.Avg,
    Aggregate.MIN: exp.Min,
    Aggregate.MAX: exp.Max,
    Aggregate.MEDIAN: exp.Median,
}
_OPERATORS: dict[Comparison, type[exp.Binary]] = {
    Comparison.LT: exp.LT,
    Comparison.LE: exp.LTE,
    Comparison.GT: exp.GT,
    Comparison.GE: exp.GTE,
    Comparison.EQ: exp.EQ,
    Comparison.NE: exp.NEQ,
}


class Unjoinable(Exception):
    """The tables of a frame do not belong together."""


class Writer:
    """Writes the frames of one schema in one dialect."""

    def __init__(self, graph: JoinGraph, dialect: str) -> None:
        self._graph = graph
        self._dialect = dialect
        self._qualified = False

    def write(self, frame: Frame) -> exp.Query:
        """The statement of `frame`. Raises Unjoinable."""
        if frame.both is not None:
            left, right = (self.write(replace(frame, both=None, where=(*frame.where, c))) for c in frame.both)
            return exp.Intersect(this=left, expression=right, distinct=True)
        if frame.streak is not None:
            return longest_run(self._from(frame).select(exp.alias_(self._column(frame.streak), "v")).distinct())
        if frame.over is not None:
            return self._over_groups(frame, frame.over)
        self._qualified = len(frame_tables(frame)) > 1
        if self._dialect == "sqlite" and any(_is_median(figure) for figure in frame.figures):
            return self._with_median(frame)
        select = self._from(frame).select(*(self._named(output, i, frame) for i, output in enumerate(frame.select)))
        if frame.group:
            select = select.group_by(*(self._dimension(d) for d in frame.group))
        for having in frame.having:
            select = select.having(self._compare(self._figure(having.figure, frame), having.comparison, having.values))
        if frame.order:
            select = select.order_by(*(self._order(order, frame) for order in frame.order))
        if frame.distinct:
            select = select.distinct()
        return select.limit(frame.limit) if frame.limit is not None else select

    def _over_groups(self, frame: Frame, aggregate: Aggregate) -> exp.Select:
        """`SELECT AVG(sum_x) FROM (the groups)`; for a count of the groups, how many rows they are."""
        inner = self.write(replace(frame, over=None, order=(), limit=None)).subquery("t")
        if aggregate is Aggregate.COUNT:
            figure: exp.Expr = exp.Count(this=exp.Star())
        else:
            figure = _FUNCTIONS[aggregate](this=exp.column(output_name(frame.figures[0]), quoted=True))
        return exp.Select().select(exp.alias_(figure, over_name(frame), quoted=True)).from_(inner)

    def _from(self, frame: Frame) -> exp.Select:
        tables = frame_tables(frame)
        graph = self._graph
        tree = graph.tree(frame.table, tables, fixed=_fixed(frame.where))
        edges = graph.star(frame.table, tables) if frame.outer else tree
        if edges is None:
            raise Unjoinable
        self._qualified = bool(edges) or len(tables) > 1
        select = exp.Select().from_(_table(frame.table))
        for edge in edges:
            select = select.join(_table(edge.right.table), on=self._on(edge), join_type="left" if frame.outer else "")
        for condition in frame.where:
            select = select.where(self._filter(condition))
        return select

    def _on(self, edge: Edge) -> exp.Expr:
        return exp.EQ(this=self._column(edge.left), expression=self._column(edge.right))

    def _column(self, column: SchemaColumn) -> exp.Column:
        return exp.column(column.name, table=column.table if self._qualified else None, quoted=True)

    def _number(self, column: SchemaColumn) -> exp.Expr:
        """A column as a number; numbers kept as text are cast."""
        plain = self._column(column)
        return exp.cast(plain, exp.DataType.Type.DOUBLE) if column.is_numeric_text else plain

    def _dimension(self, dimension: Dimension) -> exp.Expr:
        column = self._column(dimension.column)
        if dimension.grain is None:
            return column
        if dimension.grain is Grain.QUARTER:
            return self._quarter(column)
        return exp.TimeToStr(this=column, format=exp.Literal.string(_FORMATS[dimension.grain]))

    def _quarter(self, column: exp.Column) -> exp.Expr:
        """`2024-Q1`, put together from year and month."""
        year = exp.TimeToStr(this=column.copy(), format=exp.Literal.string("%Y"))
        month = exp.cast(exp.TimeToStr(this=column.copy(), format=exp.Literal.string("%m")), exp.DataType.Type.INT)
        number = exp.Div(
            this=exp.paren(exp.Add(this=month, expression=exp.Literal.number(2))),
            expression=exp.Literal.number(3),
            typed=True,
        )
        quarter = exp.cast(exp.cast(number, exp.DataType.Type.INT), exp.DataType.Type.TEXT)
        mark = exp.DPipe(this=year, expression=exp.Literal.string("-Q"), safe=True)
        return exp.DPipe(this=mark, expression=quarter, safe=True)

    def _named(self, output: Output, position: int, frame: Frame) -> exp.Expr:
        if isinstance(output, Dimension):
            written = self._dimension(output)
            name = output.grain.value if output.grain else output.column.name
            taken = [o.column.name for o in frame.select[:position] if isinstance(o, Dimension)]
            if output.grain is None and output.column.name not in taken:
                return written
            name = f"{output.column.table}_{name}" if name in taken else name
            return exp.alias_(written, name, quoted=True)
        figure = self._figure(output, frame)
        if frame.accumulates:
            figure = running_total(figure, [self._dimension(d) for d in frame.group])
        return exp.alias_(figure, output_name(output), quoted=True)

    def _order(self, order: Order, frame: Frame) -> exp.Ordered:
        if isinstance(order.by, Dimension):
            column = order.by.column
            written = (
                self._number(column) if column.is_numeric_text and not order.by.grain else self._dimension(order.by)
            )
        else:
            written = self._figure(order.by, frame)
        return exp.Ordered(this=written, desc=order.descending, nulls_first=not order.descending)

    def _figure(self, figure: Figure, frame: Frame) -> exp.Expr:
        if isinstance(figure, Measure):
            return self._measure(figure)
        if isinstance(figure, Difference):
            return self._difference(figure)
        numerator = self._measure(figure.numerator)
        denominator = self._over_all(figure, frame) if figure.of_all else self._measure(figure.denominator)
        return self._per(numerator, denominator, percent=figure.percent)

    def _over_all(self, ratio: Ratio, frame: Frame) -> exp.Expr:
        whole = Frame(frame.table, (ratio.denominator,), where=frame.where, mentioned=tuple(frame_tables(frame)))
        if ratio.denominator.table not in frame_tables(frame):
            whole = Frame(ratio.denominator.table, (ratio.denominator,))
        inner = self._from(whole).select(self._measure(ratio.denominator))
        self._qualified = len(frame_tables(frame)) > 1
        return exp.paren(inner) if not isinstance(inner, exp.Select) else inner.subquery()

    def _difference(self, figure: Difference) -> exp.Expr:
        left, right = self._measure(figure.left), self._measure(figure.right)
        gap = exp.Sub(this=left, expression=right)
        return self._per(exp.paren(gap), right.copy(), percent=True) if figure.relative else gap

    def _per(self, numerator: exp.Expr, denominator: exp.Expr, *, percent: bool) -> exp.Expr:
        factor = exp.Mul(this=exp.Literal.number("100.0" if percent else "1.0"), expression=numerator)
        safe = exp.Nullif(this=denominator, expression=exp.Literal.number(0))
        return exp.Div(this=factor, expression=safe)

    def _measure(self, measure: Measure) -> exp.Expr:
        test = exp.and_(*(self._filter(c) for c in measure.where)) if measure.where else None
        if measure.column is None:
            if test is None:
                return exp.Count(this=exp.Star())
            return exp.Count(this=exp.Case().when(test, exp.Literal.number(1)))
        numeric = measure.aggregate not in {Aggregate.COUNT}
        column = self._number(measure.column) if numeric else self._column(measure.column)
        inner: exp.Expr = exp.Case().when(test, column) if test is not None else column
        if measure.aggregate is Aggregate.COUNT:
            return exp.Count(this=exp.Distinct(expressions=[inner]) if measure.distinct else inner)
        return _FUNCTIONS[measure.aggregate](this=inner)

    def _filter(self, condition: Filter) -> exp.Expr:
        if isinstance(condition, AnyOf):
            return exp.paren(exp.or_(*(self._filter(c) for c in condition.conditions)))
        if isinstance(condition, Related):
            return self._related(condition)
        return self._condition(condition)

    def _condition(self, condition: Condition) -> exp.Expr:
        if condition.figure is not None:
            return self._against_figure(condition)
        if condition.grain is Grain.MONTH:
            month = exp.TimeToStr(this=self._column(condition.column), format=exp.Literal.string("%m"))
            return self._compare(month, condition.comparison, condition.values)
        numeric = any(isinstance(value, (int, float)) for value in condition.values)
        column = self._number(condition.column) if numeric else self._column(condition.column)
        return self._compare(column, condition.comparison, condition.values)

    def _against_figure(self, condition: Condition) -> exp.Expr:
        figure = condition.figure
        if figure is None or figure.column is None:
            raise Unjoinable
        before, self._qualified = self._qualified, False
        inner = exp.Select().from_(_table(figure.table)).select(self._measure(figure))
        self._qualified = before
        operator = _OPERATORS[condition.comparison]
        return operator(this=self._number(condition.column), expression=inner.subquery())

    def _compare(self, left: exp.Expr, comparison: Comparison, values: tuple[Scalar, ...]) -> exp.Expr:
        if comparison is Comparison.NULL:
            return exp.Is(this=left, expression=exp.null())
        if comparison is Comparison.NOT_NULL:
            return exp.Not(this=exp.Is(this=left, expression=exp.null()))
        written = [_literal(value) for value in values]
        if comparison is Comparison.BETWEEN:
            return exp.Between(this=left, low=written[0], high=written[1])
        if comparison in {Comparison.CONTAINS, Comparison.STARTS, Comparison.ENDS}:
            return _like(left, comparison, str(values[0]))
        if len(written) > 1:
            among = exp.In(this=left, expressions=written)
            return exp.Not(this=among) if comparison is Comparison.NE else among
        return _OPERATORS[comparison](this=left, expression=written[0])

    def _related(self, condition: Related) -> exp.Expr:
        """`key NOT IN (SELECT key of the related rows)`."""
        aside = self._graph.others(condition.other, condition.via) if condition.via is not None else frozenset()
        path = self._graph.path([condition.table], condition.other, fixed=_fixed(condition.where) | aside)
        if not path:
            raise Unjoinable
        outer = self._column(path[0].left)
        before, self._qualified = self._qualified, True
        inner = exp.Select().select(self._column(path[0].right)).from_(_table(path[0].right.table))
        for edge in path[1:]:
            inner = inner.join(_table(edge.right.table), on=self._on(edge))
        inner = inner.where(exp.Not(this=exp.Is(this=self._column(path[0].right), expression=exp.null())))
        told = frozenset({condition.via}) if condition.via is not None else frozenset[SchemaColumn]()
        for part in condition.where:
            for edge in self._graph.tree(path[-1].right.table, [part.column.table], fixed=told) or []:
                if edge.right.table not in {e.right.table for e in path}:
                    inner = inner.join(_table(edge.right.table), on=self._on(edge))
            inner = inner.where(self._filter(part))
        self._qualified = before
        among = exp.In(this=outer, query=inner.subquery())
        if not condition.absent:
            return among
        unlinked = exp.Is(this=outer.copy(), expression=exp.null())
        apart = exp.Not(this=among)
        return exp.paren(exp.or_(unlinked, apart)) if path[0].left.profile.nulls else apart

    def _with_median(self, frame: Frame) -> exp.Select:
        """SQLite has no median: the middle rows, numbered within each group, are averaged."""
        figure = frame.figures[0]
        if len(frame.figures) != 1 or not isinstance(figure, Measure) or figure.column is None or figure.where:
            raise Unjoinable
        dimensions = [(d, f"g{i}") for i, d in enumerate(frame.group)]
        value = self._number(figure.column)
        parts = [self._dimension(d) for d, _ in dimensions]
        inner = self._from(frame).where(exp.Not(this=exp.Is(this=self._column(figure.column), expression=exp.null())))
        ranked = exp.Window(
            this=exp.RowNumber(),
            partition_by=[p.copy() for p in parts],
            order=exp.Order(expressions=[exp.Ordered(this=value.copy())]),
        )
        counted = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[p.copy() for p in parts])
        inner = inner.select(
            *(exp.alias_(p, name) for p, (_, name) in zip(parts, dimensions, strict=True)),
            exp.alias_(value, "v"), exp.alias_(ranked, "r"), exp.alias_(counted, "n"),
        )  # fmt: skip
        middle = exp.condition("r * 2 BETWEEN n AND n + 2")
        outer = exp.Select().from_(inner.subquery("t")).where(middle)
        shown = [
            exp.alias_(exp.column(name), d.column.name, quoted=True) for d, name in dimensions if d in frame.select
        ]
        outer = outer.select(*shown, exp.alias_(exp.Avg(this=exp.column("v")), output_name(figure), quoted=True))
        if dimensions:
            outer = outer.group_by(*(exp.column(name) for _, name in dimensions))
        return outer


def frame_tables(frame: Frame) -> list[str]:
    """The tables that a frame reads in its main join, each once, the root first."""
    tables = [frame.table, *frame.mentioned]
    for output in (*frame.select, *frame.group, *(o.by for o in frame.order), *(h.figure for h in frame.having)):
        tables += _tables_of(output)
    for condition in (*frame.where, *(frame.both or ())):
        tables += _condition_tables(condition)
    return list(dict.fromkeys(tables))


def frame_columns(frame: Frame) -> list[SchemaColumn]:
    """The columns that a frame speaks of, each once."""
    columns: list[SchemaColumn] = [frame.streak] if frame.streak is not None else []
    for output in (*frame.select, *frame.group, *(o.by for o in frame.order), *(h.figure for h in frame.having)):
        columns += _columns_of(output)
    for condition in (*frame.where, *(frame.both or ())):
        columns += _condition_columns(condition)
    return list(dict.fromkeys(columns))


def output_name(figure: Figure) -> str:
    """The name of a figure's column in the result."""
    if isinstance(figure, Ratio):
        return "percent" if figure.percent else "ratio"
    if isinstance(figure, Difference):
        return "growth_percent" if figure.relative else "difference"
    return figure.aggregate.value if figure.column is None else f"{figure.aggregate.value}_{figure.column.name}"


def over_name(frame: Frame) -> str:
    """The name of the one column of what is taken of all groups together."""
    if frame.over is None or frame.over is Aggregate.COUNT:
        return "count"
    return f"{frame.over.value}_{output_name(frame.figures[0])}"


def _tables_of(output: Output) -> list[str]:
    if isinstance(output, Measure):
        inner = [table for condition in output.where for table in _condition_tables(condition)]
        return [output.column.table if output.column is not None else output.table, *inner]
    if isinstance(output, Dimension):
        return [output.column.table]
    if isinstance(output, Ratio) and output.of_all:
        return _tables_of(output.numerator)
    pair = (output.numerator, output.denominator) if isinstance(output, Ratio) else (output.left, output.right)
    return [table for measure in pair for table in _tables_of(measure)]


def _columns_of(output: Output) -> list[SchemaColumn]:
    if isinstance(output, Measure):
        own = [output.column] if output.column is not None else []
        return [*own, *(c for condition in output.where for c in _condition_columns(condition))]
    if isinstance(output, Dimension):
        return [output.column]
    pair = (output.numerator, output.denominator) if isinstance(output, Ratio) else (output.left, output.right)
    return [column for measure in pair for column in _columns_of(measure)]


def _condition_tables(condition: Filter) -> Iterable[str]:
    if isinstance(condition, Related):
        return [condition.table]
    return [column.table for column in _condition_columns(condition)]


def _condition_columns(condition: Filter) -> list[SchemaColumn]:
    if isinstance(condition, AnyOf):
        return [c.column for c in condition.conditions]
    if isinstance(condition, Related):
        return [c.column for c in condition.where]
    return [condition.column]


def _fixed(conditions: Iterable[Filter]) -> frozenset[SchemaColumn]:
    """The columns that conditions hold to given values."""
    return frozenset(c.column for c in conditions if isinstance(c, Condition) and c.comparison is Comparison.EQ)


def _is_median(figure: Figure) -> bool:
    return isinstance(figure, Measure) and figure.aggregate is Aggregate.MEDIAN


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _literal(value: Scalar) -> exp.Expr:
    return exp.convert(value)


def _like(left: exp.Expr, comparison: Comparison, text: str) -> exp.Expr:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    before = "" if comparison is Comparison.STARTS else "%"
    after = "" if comparison is Comparison.ENDS else "%"
    like = exp.Like(this=left, expression=exp.Literal.string(f"{before}{escaped}{after}"))
    return exp.Escape(this=like, expression=exp.Literal.string("\\")) if escaped != text else like
