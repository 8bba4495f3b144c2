"""Whatever rows come, a chart is drawn or a reason is given."""

import json
from datetime import date, datetime, time
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.agentgraph.charts import ChartType, ChartWish, NoChart, draw, draw_type, suitable_types
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import Cell, Column, ResultSet
from app.connectors.catalog import DataType
from app.core.i18n import Language

NAMES = ("mes", "ano", "year", "month", "count", "avg_x", "uf", "id", "valor", "SUM(x)", "", "dia", "x.y[0]", "codigo")
CELLS: tuple[st.SearchStrategy[Cell], ...] = (
    st.integers(-(2**70), 2**70),
    st.integers(1, 12),
    st.integers(1990, 2030),
    st.floats(),
    st.one_of(st.decimals(allow_nan=False), st.just(Decimal("NaN"))),
    st.booleans(),
    st.text(max_size=30),
    st.sampled_from(["Norte", "Sul", "Leste"]),
    st.dates(date(1, 1, 1)).map(date.isoformat),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.binary(max_size=4),
    st.sampled_from(["2024-01", "2024-Q3", "31/12/2023", "2024-02-30", "99/99/9999"]),
)


@st.composite
def results(pick: st.DrawFn) -> ResultSet:
    """Results of one to four columns, each mostly of one kind, with some cells empty."""
    kinds = pick(st.lists(st.sampled_from(CELLS), min_size=1, max_size=4))
    cells = [st.one_of(kind, kind, kind, st.none()) for kind in kinds]
    rows = pick(st.lists(st.tuples(*cells), max_size=25))
    columns = tuple(Column(pick(st.sampled_from(NAMES)), pick(st.sampled_from(DataType))) for _ in kinds)
    return ResultSet(columns, tuple(rows), truncated=pick(st.booleans()), elapsed_s=0.0)


def check(chart: DrawnChart | NoChart) -> None:
    """A chart is JSON without NaN, bounded and has a title; its absence has a reason."""
    if isinstance(chart, NoChart):
        assert chart.reason.en
        return
    assert len(json.dumps(chart.spec, allow_nan=False)) < 500_000
    assert chart.title
    assert chart.spec["description"]


@given(result=results(), wish=st.sampled_from(ChartWish), language=st.sampled_from(Language))
@settings(max_examples=300)
def test_any_rows_and_any_wish_end_in_a_chart_or_a_reason(
    result: ResultSet, wish: ChartWish, language: Language
) -> None:
    check(draw(result, question="", wish=wish, language=language))


@given(result=results(), kind=st.sampled_from(ChartType))
@settings(max_examples=300)
def test_kind_is_drawn_just_when_it_is_said_to_suit(result: ResultSet, kind: ChartType) -> None:
    chart = draw_type(result, kind, question="", language=Language.PT)
    check(chart)
    assert isinstance(chart, DrawnChart) == (kind in suitable_types(result))
    if isinstance(chart, DrawnChart):
        assert chart.type == kind.value


def test_cells_of_every_type_can_stand_on_an_axis() -> None:
    cells: list[Cell] = [None, True, 1, 1.5, "a", b"\x00", Decimal("1.5"), date(2024, 1, 1), time(1)]
    cells.append(datetime.fromisoformat("2024-01-01T10:00:00+00:00"))
    columns = (Column("x", DataType.TEXT), Column("n", DataType.INTEGER))
    result = ResultSet(columns, tuple((cell, 1) for cell in cells), truncated=False, elapsed_s=0.0)
    check(draw(result, question="", wish=ChartWish.BAR, language=Language.PT))
