"""Says in one sentence, in the question's language, how a frame reads it: `soma de valor por região, em 2024`."""

from app.agentgraph.planner.frame import (
    Aggregate,
    AnyOf,
    Comparison,
    Condition,
    Difference,
    Dimension,
    Filter,
    Frame,
    Grain,
    Output,
    Ratio,
    Related,
)
from app.agentgraph.planner.schema import Schema, SchemaColumn
from app.connectors.catalog import DataType
from app.core.i18n import Language, Text

_AGGREGATES = {
    Aggregate.COUNT: Text(en="number of {what}", pt="contagem de {what}"),
    Aggregate.SUM: Text(en="sum of {what}", pt="soma de {what}"),
    Aggregate.AVG: Text(en="average of {what}", pt="média de {what}"),
    Aggregate.MEDIAN: Text(en="median of {what}", pt="mediana de {what}"),
    Aggregate.MIN: Text(en="lowest {what}", pt="menor {what}"),
    Aggregate.MAX: Text(en="highest {what}", pt="maior {what}"),
}
_GRAINS = {
    Grain.DAY: Text(en="day", pt="dia"),
    Grain.MONTH: Text(en="month", pt="mês"),
    Grain.QUARTER: Text(en="quarter", pt="trimestre"),
    Grain.YEAR: Text(en="year", pt="ano"),
}
_COMPARISONS = {
    Comparison.EQ: Text(en="{what} is {value}", pt="{what} é {value}"),
    Comparison.NE: Text(en="{what} is not {value}", pt="{what} não é {value}"),
    Comparison.LT: Text(en="{what} below {value}", pt="{what} menor que {value}"),
    Comparison.LE: Text(en="{what} at most {value}", pt="{what} no máximo {value}"),
    Comparison.GT: Text(en="{what} above {value}", pt="{what} maior que {value}"),
    Comparison.GE: Text(en="{what} at least {value}", pt="{what} no mínimo {value}"),
    Comparison.BETWEEN: Text(en="{what} between {value}", pt="{what} entre {value}"),
    Comparison.CONTAINS: Text(en="{what} contains {value}", pt="{what} contém {value}"),
    Comparison.STARTS: Text(en="{what} starts with {value}", pt="{what} começa com {value}"),
    Comparison.ENDS: Text(en="{what} ends with {value}", pt="{what} termina com {value}"),
    Comparison.NULL: Text(en="{what} is missing", pt="{what} não informado"),
    Comparison.NOT_NULL: Text(en="{what} is known", pt="{what} informado"),
}


def read_out(frame: Frame, schema: Schema, language: Language) -> str:
    """The sentence, without a capital and without a full stop."""
    return _Reader(frame, schema, language).sentence()


class _Reader:
    def __init__(self, frame: Frame, schema: Schema, language: Language) -> None:
        self._frame = frame
        self._schema = schema
        self._language = language

    def sentence(self) -> str:
        parts = [self._shown(), *self._conditions(), *self._order()]
        return ", ".join(part for part in parts if part)

    def _say(self, en: str, pt: str, **values: object) -> str:
        return Text(en=en, pt=pt).to(self._language, **values)

    def _shown(self) -> str:
        figures = [self._output(f) for f in self._frame.figures]
        names = [self._output(d) for d in self._frame.select if isinstance(d, Dimension)]
        if self._frame.over is Aggregate.COUNT:
            return _AGGREGATES[Aggregate.COUNT].to(self._language, what=self._listed(names))
        if not figures:
            what = self._listed(names)
            table = self._schema.table(self._frame.table).profile.label
            distinct = self._say(en="different ", pt="distintos: ") if self._frame.distinct else ""
            return self._say(
                en="{distinct}{what} of {table}",
                pt="{distinct}{what} de {table}",
                distinct=distinct,
                what=what,
                table=table,
            )
        said = self._listed(figures)
        if self._frame.accumulates:
            said = self._say(en="running {said}", pt="acumulado de {said}", said=said)
        if self._frame.over is not None:
            said = _AGGREGATES[self._frame.over].to(self._language, what=said)
        return (
            self._say(en="{said} by {names}", pt="{said} por {names}", said=said, names=self._listed(names))
            if names
            else said
        )

    def _conditions(self) -> list[str]:
        said = [self._filter(condition) for condition in self._frame.where]
        if self._frame.both is not None:
            one, other = map(self._filter, self._frame.both)
            said.append(self._say(en="both {one} and {other}", pt="tanto {one} quanto {other}", one=one, other=other))
        said += [
            _COMPARISONS[h.comparison].to(self._language, what=self._output(h.figure), value=self._values(h.values))
            for h in self._frame.having
        ]
        return [self._say(en="where {what}", pt="em que {what}", what=self._listed(said))] if said else []

    def _order(self) -> list[str]:
        said = []
        for order in self._frame.order:
            direction = self._direction(order.by, descending=order.descending)
            plain = len(self._frame.figures) == 1 and not isinstance(order.by, Dimension)
            place = isinstance(order.by, Dimension) and order.by.column.is_place
            name = "" if plain or place else self._output(order.by)
            said.append(f"{name} {direction}".strip())
        if self._frame.limit is not None:
            said.append(
                self._say(en="first {n} only", pt="só os {n} primeiros", n=self._frame.limit)
                if self._frame.limit > 1
                else self._say(en="first one only", pt="só o primeiro")
            )
        return said

    def _direction(self, by: Output, *, descending: bool) -> str:
        if isinstance(by, Dimension) and by.column.is_place:
            return self._say(
                en="last row first" if descending else "in the order of the rows",
                pt="da última linha à primeira" if descending else "na ordem das linhas",
            )
        if isinstance(by, Dimension) and (by.column.profile.type is DataType.TEXT and not by.column.is_numeric_text):
            return (
                self._say(en="from Z to A", pt="de Z a A") if descending else self._say(en="from A to Z", pt="de A a Z")
            )
        if isinstance(by, Dimension) and (by.grain or by.column.is_time):
            return (
                self._say(en="latest first", pt="do mais recente ao mais antigo")
                if descending
                else self._say(en="in order of time", pt="em ordem de tempo")
            )
        return (
            self._say(en="from highest to lowest", pt="do maior para o menor")
            if descending
            else self._say(en="from lowest to highest", pt="do menor para o maior")
        )

    def _output(self, output: Output) -> str:
        if isinstance(output, Dimension):
            return _GRAINS[output.grain].to(self._language) if output.grain else self._name(output.column)
        if isinstance(output, Ratio):
            return self._ratio(output)
        if isinstance(output, Difference):
            return self._difference(output)
        what = self._schema.table(output.table).profile.label if output.column is None else self._name(output.column)
        if output.distinct:
            what = self._say(en="different {what}", pt="{what} distintos", what=what)
        said = _AGGREGATES[output.aggregate].to(self._language, what=what)
        inner = self._listed([self._filter(c) for c in output.where])
        return (
            self._say(en="{said} where {inner}", pt="{said} em que {inner}", said=said, inner=inner) if inner else said
        )

    def _ratio(self, ratio: Ratio) -> str:
        part, whole = self._output(ratio.numerator), self._output(ratio.denominator)
        if ratio.of_all and ratio.percent:
            return self._say(
                en="percentage of the {whole} over all", pt="percentual da {whole} sobre o todo", whole=whole
            )
        if not ratio.percent:
            return self._say(en="{part} to {whole}", pt="{part} para {whole}", part=part, whole=whole)
        return self._say(
            en="{part}, as a percentage of the {whole}", pt="{part}, em percentual de {whole}", part=part, whole=whole
        )

    def _difference(self, figure: Difference) -> str:
        left, right = self._output(figure.left), self._output(figure.right)
        if figure.relative:
            return self._say(
                en="growth in percent from {right} to {left}",
                pt="crescimento percentual de {right} para {left}",
                left=left,
                right=right,
            )
        return self._say(en="{left} minus {right}", pt="{left} menos {right}", left=left, right=right)

    def _filter(self, condition: Filter) -> str:
        if isinstance(condition, AnyOf):
            return self._say(en=" or ", pt=" ou ").join(self._filter(c) for c in condition.conditions)
        if isinstance(condition, Related):
            other = self._schema.table(condition.other).profile.label
            inner = self._listed([self._filter(c) for c in condition.where])
            absent = self._say(en="without {other}", pt="sem {other}", other=other)
            said = absent if condition.absent else self._say(en="with {other}", pt="com {other}", other=other)
            return (
                self._say(en="{said} where {inner}", pt="{said} em que {inner}", said=said, inner=inner)
                if inner
                else said
            )
        return self._condition(condition)

    def _condition(self, condition: Condition) -> str:
        if condition.column.is_place and condition.figure is not None:
            anchor = self._listed([self._filter(c) for c in condition.figure.where])
            after = condition.comparison is Comparison.GT
            return self._say(
                en="the row stands {side} the one where {anchor}",
                pt="a linha está {side} daquela em que {anchor}",
                side=self._say(en="after", pt="depois") if after else self._say(en="before", pt="antes"),
                anchor=anchor,
            )
        value = (
            self._output(condition.figure)
            if condition.figure is not None
            else self._values(condition.values, condition.comparison)
        )
        return _COMPARISONS[condition.comparison].to(self._language, what=self._name(condition.column), value=value)

    def _values(self, values: tuple[object, ...], comparison: Comparison = Comparison.EQ) -> str:
        joint = self._say(en=" and ", pt=" e ") if comparison is Comparison.BETWEEN else self._say(en=" or ", pt=" ou ")
        return joint.join(str(value) for value in values)

    def _listed(self, parts: list[str]) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return ", ".join(parts[:-1]) + self._say(en=" and ", pt=" e ") + parts[-1]

    def _name(self, column: SchemaColumn) -> str:
        return column.profile.label or column.name
