"""Which chart suits a result: the question's wish first, then rules on the roles of its columns.

Measures are quantities; an axis is time, or the first other column. Rules of thumb: time → lines; categories → bars,
lying when there are many or their names are long; two categories → bars by group; shares of a whole → only on wish.
"""

from dataclasses import dataclass, replace

from app.agentgraph.charts.kinds import TYPE_NAMES, TYPE_NEEDS, ChartType, ChartWish
from app.agentgraph.charts.roles import ColumnRole, Role, as_number, is_missing
from app.agentgraph.charts.shape import MAX_SERIES, Encoding, Shape, read_shape, rearranged
from app.agentgraph.charts.wishes import (
    DRAWERS,
    TYPE_OF_WISH,
    WISH_OF_TYPE,
    Drawing,
    draw_bars,
    draw_histogram,
    draw_lines,
)
from app.agentgraph.formats import column_label
from app.connectors.base import ResultSet
from app.core.i18n import Language, Text

MAX_LISTED_NAMES = 60
"""With more categories than this, and no wish for a chart, rows are a listing and not a comparison."""
MIN_LINE_POINTS = 3
MIN_CLOUD_ROWS = 8


@dataclass(frozen=True, slots=True)
class ChartChoice:
    """A kind of chart over the columns of `result`, with the reason for people."""

    type: ChartType
    encoding: Encoding
    reason: Text
    result: ResultSet
    """The rows to draw: those asked about, or their rearrangement (counted, or a single row turned)."""
    alternatives: tuple[ChartType, ...] = ()
    """Other kinds that suit as well; a model may be asked when there are any."""


@dataclass(frozen=True, slots=True)
class NoChart:
    """Why nothing is drawn."""

    reason: Text


EMPTY = NoChart(Text(en="there are no rows to draw", pt="não há linhas para desenhar"))
ONE_VALUE = NoChart(Text(en="a single value needs no chart", pt="um único valor não precisa de gráfico"))
ONE_ROW = NoChart(Text(en="a single row needs no chart", pt="uma única linha não precisa de gráfico"))
NO_NUMBERS = NoChart(Text(en="no column holds numbers to draw", pt="nenhuma coluna tem números para desenhar"))
LISTING = NoChart(
    Text(
        en="a list of this many rows reads better as a table",
        pt="uma lista com tantas linhas se lê melhor como tabela",
    )
)
ASKED = Text(en="asked for in the question", pt="pedido na pergunta")
CHOSEN = Text(en="chosen by the reader", pt="escolhido pelo leitor")
UNSUITABLE = {
    kind: Text(en=f"these rows do not make a {name.en}", pt=f"estas linhas não formam um {name.pt}")
    for kind, name in TYPE_NAMES.items()
}
LIST_OF_VALUES = NoChart(
    Text(
        en="a plain list of values reads better as a table", pt="uma lista simples de valores se lê melhor como tabela"
    )
)


def choose(result: ResultSet, *, wish: ChartWish = ChartWish.NONE, question: str = "") -> ChartChoice | NoChart:
    """The chart for `result`, or why there is none. A wish that the rows cannot fulfil falls back to the rules."""
    shape = _readable(result, wish, question)
    if isinstance(shape, NoChart):
        return shape
    wished = _wished(shape, wish, ASKED)
    chosen = wished or _by_rules(shape, wish)
    if wished is None and wish in DRAWERS:
        chosen = _explain_fallback(chosen, wish)
    return NO_NUMBERS if isinstance(chosen, ChartChoice) and not _has_points(chosen) else chosen


def choose_type(
    result: ResultSet, kind: ChartType, *, question: str = "", reason: Text = CHOSEN
) -> ChartChoice | NoChart:
    """`result` as a chart of just this kind, or why the rows do not make one."""
    wish = WISH_OF_TYPE[kind]
    shape = _readable(result, wish, question)
    if isinstance(shape, NoChart):
        return shape
    chosen = _wished(shape, wish, reason)
    if chosen is None or chosen.type is not kind or not _has_points(chosen):
        why, needs = UNSUITABLE[kind], TYPE_NEEDS[kind]
        return NoChart(Text(en=f"{why.en}, which needs {needs.en}", pt=f"{why.pt}, que exige {needs.pt}"))
    return chosen


def _readable(result: ResultSet, wish: ChartWish, question: str) -> Shape | NoChart:
    """The shape of the rows to draw, or why no kind of chart can be made of them."""
    if not result.rows:
        return EMPTY
    drawn = rearranged(result, wish)
    if len(drawn.rows) == 1:
        return ONE_VALUE if len(drawn.columns) == 1 else ONE_ROW
    shape = read_shape(drawn, question)
    return shape if shape.measures else NO_NUMBERS


def _wished(shape: Shape, wish: ChartWish, reason: Text) -> ChartChoice | None:
    drawing = DRAWERS[wish](shape) if wish in DRAWERS else None
    return None if drawing is None else _chosen(drawing, shape.result, reason)


def _has_points(choice: ChartChoice) -> bool:
    """Whether any row has both a place and a number; a moment may be missing where the number is not."""
    x, month = choice.encoding.x, choice.encoding.month
    places = [x.index] if x is not None and x.role in {Role.TEMPORAL, Role.QUANTITATIVE} else []
    places += [month.index] if month is not None else []
    return any(
        any(as_number(row[measure.index]) is not None for measure in choice.encoding.y)
        and not any(is_missing(row[place]) for place in places)
        for row in choice.result.rows
    )


def _chosen(drawing: Drawing, result: ResultSet, reason: Text, alternatives: tuple[ChartType, ...] = ()) -> ChartChoice:
    return ChartChoice(drawing[0], drawing[1], reason, result, alternatives)


def _by_rules(shape: Shape, wish: ChartWish) -> ChartChoice | NoChart:
    if shape.time is not None:
        return _over_time(shape)
    if not shape.dims:
        return _numbers_only(shape, wish)
    if shape.dims[0].distinct > MAX_LISTED_NAMES and wish is ChartWish.NONE:
        return LISTING
    if shape.dims[0].distinct < shape.rows and shape.series is not None:
        return _two_categories(shape)
    reason = Text(en="compares {what} between categories", pt="compara {what} entre categorias")
    bars = draw_bars(shape) or (ChartType.BAR, Encoding(shape.axis, shape.measures[:1]))
    also = (ChartType.PIE,) if _is_whole(shape) else ()
    return _chosen(bars, shape.result, _about(reason, shape.measures[0]), also)


def _over_time(shape: Shape) -> ChartChoice:
    reason = Text(en="shows {what} over time", pt="mostra {what} ao longo do tempo")
    points = shape.time.distinct if shape.time else 0
    drawing = draw_lines(shape) if points >= MIN_LINE_POINTS or shape.month else draw_bars(shape)
    if drawing is None:
        drawing = (ChartType.LINE, Encoding(shape.time, shape.measures[:1], month=shape.month))
    return _chosen(drawing, shape.result, _about(reason, shape.measures[0]))


def _numbers_only(shape: Shape, wish: ChartWish) -> ChartChoice | NoChart:
    if len(shape.measures) >= 2 and shape.rows >= MIN_CLOUD_ROWS:
        reason = Text(en="shows how two quantities go together", pt="mostra como duas quantidades se relacionam")
        return _chosen((ChartType.SCATTER, Encoding(shape.measures[0], shape.measures[1:2])), shape.result, reason)
    histogram = draw_histogram(shape)
    if wish is ChartWish.NONE or histogram is None:
        return LIST_OF_VALUES
    return _chosen(histogram, shape.result, Text(en="shows how values spread", pt="mostra a distribuição dos valores"))


def _two_categories(shape: Shape) -> ChartChoice:
    first, second = shape.dims[0], shape.dims[1]
    if min(first.distinct, second.distinct) > MAX_SERIES:
        reason = Text(en="crosses two columns of many categories", pt="cruza duas colunas com muitas categorias")
        return _chosen((ChartType.HEAT_MAP, Encoding(first, shape.measures[:1], series=second)), shape.result, reason)
    x, series = (first, second) if second.distinct <= first.distinct or second.distinct <= 4 else (second, first)
    reason = Text(en="compares {what} within groups", pt="compara {what} dentro de grupos")
    also = () if shape.measures[0].averaged or shape.measures[0].low < 0 else (ChartType.STACKED_BAR,)
    drawing = (ChartType.GROUPED_BAR, Encoding(x, shape.measures[:1], series=series))
    return _chosen(drawing, shape.result, _about(reason, shape.measures[0]), also)


def _about(reason: Text, measure: ColumnRole) -> Text:
    labels = {language: column_label(measure.name, language) for language in Language}
    return Text(en=reason.en.format(what=labels[Language.EN]), pt=reason.pt.format(what=labels[Language.PT]))


def _explain_fallback(chosen: ChartChoice | NoChart, wish: ChartWish) -> ChartChoice | NoChart:
    """Says that the wish could not be met, and keeps what the rules chose."""
    unsuitable = UNSUITABLE[TYPE_OF_WISH[wish]]
    reason = Text(en=f"{unsuitable.en}; {chosen.reason.en}", pt=f"{unsuitable.pt}; {chosen.reason.pt}")
    return replace(chosen, reason=reason)


def _is_whole(shape: Shape) -> bool:
    """Whether the measure's values are parts of something: none negative, and they may be added up."""
    measure = shape.measures[0]
    return not measure.averaged and measure.low >= 0 and shape.rows <= 6 and not shape.result.truncated
