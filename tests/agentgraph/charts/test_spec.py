"""What a chart's specification and picture hold."""

import json
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.agentgraph.charts.chart import draw
from app.agentgraph.charts.choice import NoChart
from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.charts.render import render_png, render_svg
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import ResultSet
from app.core.i18n import Language
from tests.agentgraph.charts.results import make_result

REGIONS = make_result("regiao,n", [("Norte", 7), ("Nordeste", 9), ("Sul", 3)])
CITIES = make_result("cidade,total", [(f"Cidade número {i}", 1000.5 * (40 - i)) for i in range(40)])
TIPS = make_result("day,sex,tip", [(d, s, 2.5 + i) for d in ("Sun", "Fri", "Thur") for i, s in enumerate("FM")])
BILLS = make_result("day,bill,tip", [("Sun" if i % 2 else "Fri", 10.0 + i, 1.0 + i / 10) for i in range(30)])
WISHES = [wish for wish in ChartWish if wish not in {ChartWish.NONE, ChartWish.ANY}]


def drawn(
    result: ResultSet, wish: ChartWish = ChartWish.NONE, language: Language = Language.PT, *, question: str = ""
) -> DrawnChart:
    """The chart, which there must be."""
    chart = draw(result, question=question, wish=wish, language=language)
    assert isinstance(chart, DrawnChart)
    return chart


def values(chart: DrawnChart) -> list[dict[str, Any]]:
    """The records of the specification."""
    data: Any = chart.spec["data"]
    return list(data["values"])


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("result", [BILLS, TIPS, CITIES], ids=["bills", "tips", "cities"])
def test_every_kind_of_chart_becomes_a_picture(wish: ChartWish, result: ResultSet) -> None:
    chart = drawn(result, wish)
    picture = render_png(chart.spec, language=Language.PT, scale=1.0)
    width, height = struct.unpack(">II", picture[16:24])
    assert picture.startswith(b"\x89PNG")
    assert width > 200
    assert height > 100
    assert json.loads(json.dumps(chart.spec)) == chart.spec


def test_numbers_are_written_in_the_language_of_the_reader() -> None:
    result = make_result("ano,receita", [(2020, 1234.5), (2021, 2345.5), (2022, 3456.5), (2023, 2345.5)])
    portuguese = render_svg(drawn(result, ChartWish.BAR).spec, language=Language.PT)
    english = render_svg(drawn(result, ChartWish.BAR, Language.EN).spec, language=Language.EN)
    assert "1.234,5" in portuguese
    assert "1,234.5" in english
    assert ">2020<" in portuguese
    assert "2.020" not in portuguese


def test_axis_of_millions_uses_the_word_of_the_language() -> None:
    result = make_result("ano,obitos", [(2010, 1_000_000), (2011, 2_000_000), (2012, 3_000_000)])
    assert ">2 mi<" in render_svg(drawn(result).spec, language=Language.PT)
    assert ">2 M<" in render_svg(drawn(result, language=Language.EN).spec, language=Language.EN)


def test_months_keep_their_place_whatever_the_time_zone() -> None:
    result = make_result("mes,n", [("2024-02", 2), ("2024-01", 1), ("2024-03", 3)])
    chart = drawn(result)
    assert [record["place"] for record in values(chart)] == [f"2024-0{m}-01T00:00:00" for m in (1, 2, 3)]
    svg = render_svg(chart.spec, language=Language.PT)
    assert "jan 2024" in svg
    assert "dez 2023" not in svg


def test_brazilian_dates_as_text_are_sorted_by_time() -> None:
    result = make_result("data,n", [("15/02/2024", 2), ("20/01/2024", 1), ("05/03/2024", 3)])
    assert [record["value"] for record in values(drawn(result))] == [1, 2, 3]


def test_year_and_month_columns_become_one_time_axis() -> None:
    rows = [(y, m, y * 100 + m) for y in (2020, 2019) for m in (1, 2, 3)]
    chart = drawn(make_result("year,month,deaths", rows))
    assert chart.type == "line"
    assert [record["place"][:7] for record in values(chart)] == [f"{y}-0{m}" for y in (2019, 2020) for m in (1, 2, 3)]


def test_bars_are_cut_to_fifteen_and_say_so() -> None:
    chart = drawn(CITIES)
    title: Any = chart.spec["title"]
    assert len(values(chart)) == 15
    assert title["subtitle"] == ["os 15 maiores de 40"]


@pytest.mark.parametrize(("language", "rest"), [(Language.PT, "Outros"), (Language.EN, "Others")])
def test_pie_brings_small_slices_together(language: Language, rest: str) -> None:
    records = values(drawn(CITIES, ChartWish.PIE, language))
    assert len(records) == 12
    assert records[-1]["place"] == rest
    assert sum(record["share"] for record in records) == pytest.approx(1.0)


def test_repeated_categories_are_summed_and_it_is_said() -> None:
    result = make_result("uf,valor", [("SP", 1.5), ("SP", 2.5), ("RJ", 1.0)])
    chart = drawn(result, ChartWish.BAR)
    assert {record["place"]: record["value"] for record in values(chart)} == {"SP": 4.0, "RJ": 1.0}
    assert "Soma" in str(chart.spec["description"])


def test_averages_are_never_summed() -> None:
    result = make_result("uf,taxa_media", [("SP", 1.0), ("SP", 3.0), ("RJ", 1.0)])
    assert {record["place"]: record["value"] for record in values(drawn(result, ChartWish.BAR))} == {"SP": 2, "RJ": 1}


def test_order_asked_for_is_kept() -> None:
    rising = make_result("uf,n", [("RR", 1), ("AC", 2), ("SP", 9)])
    assert [record["place"] for record in values(drawn(rising))] == ["RR", "AC", "SP"]


def test_weekdays_stand_in_calendar_order() -> None:
    result = make_result("day,tip", [("Sat", 3.0), ("Fri", 2.7), ("Sun", 3.2), ("Thur", 2.8)])
    assert [record["place"] for record in values(drawn(result))] == ["Thur", "Fri", "Sat", "Sun"]


def test_histogram_counts_every_row_once() -> None:
    records = values(drawn(BILLS, ChartWish.HISTOGRAM))
    assert sum(record["rows"] for record in records) == 30


def test_histogram_of_numbers_too_large_to_differ_is_one_bar() -> None:
    result = make_result("n", [(10**20 + i,) for i in range(6)])
    assert [record["rows"] for record in values(drawn(result, ChartWish.HISTOGRAM))] == [6]


@pytest.mark.parametrize(("name", "starts_at_zero"), [("sum_sales", True), ("count", True), ("price", False)])
def test_lines_of_sums_start_at_zero_and_others_show_their_course(name: str, starts_at_zero: bool) -> None:
    result = make_result(f"month,{name}", [(f"2024-0{month}", 1000 + month) for month in range(1, 9)])
    encoding: Any = drawn(result).spec["encoding"]
    assert encoding["y"]["scale"]["zero"] is starts_at_zero


def test_columns_with_marks_of_vega_are_drawn() -> None:
    result = make_result("sum(a.b)[0],valor 'x'", [("x]y", 1), ("z.w", 2)])
    svg = render_svg(drawn(result).spec, language=Language.PT)
    assert "x]y" in svg
    assert "z.w" in svg


def test_description_says_the_chart_in_words() -> None:
    description = drawn(REGIONS).spec["description"]
    assert description == "Gráfico de barras: N por regiao. 3 pontos, de 3 (Sul) a 9 (Nordeste)."


def test_cut_rows_are_mentioned() -> None:
    result = make_result("uf,n", [("RR", 1), ("AC", 2), ("SP", 9)], truncated=True)
    assert "primeiras 3 linhas" in str(drawn(result).spec["title"])


def test_missing_values_neither_break_a_chart_nor_count() -> None:
    result = make_result("uf,n", [("SP", 9), (None, 4), ("RJ", None), ("AC", 2)])
    assert [(record["place"], record["value"]) for record in values(drawn(result))] == [
        ("SP", 9.0),
        ("(vazio)", 4.0),
        ("AC", 2.0),
    ]


def test_measure_without_any_value_gives_no_chart() -> None:
    chart = draw(
        make_result("uf,n", [("SP", None), ("RJ", None)]), question="", wish=ChartWish.BAR, language=Language.EN
    )
    assert isinstance(chart, NoChart)


def test_pictures_can_be_drawn_from_several_threads() -> None:
    spec = drawn(REGIONS).spec
    with ThreadPoolExecutor(3) as pool:
        pictures = list(pool.map(lambda _: render_png(spec, language=Language.PT, scale=1.0), range(6)))
    assert len(set(pictures)) == 1


def test_question_is_the_title_where_the_columns_do_not_say_what_was_counted() -> None:
    asked = "quais são os estados com mais municípios?"
    counted = draw(
        make_result("nome,count", [("MG", 853), ("SP", 645)]), question=asked, wish=ChartWish.NONE, language=Language.PT
    )
    named = draw(
        make_result("nome,municipios", [("MG", 853), ("SP", 645)]),
        question=asked,
        wish=ChartWish.NONE,
        language=Language.PT,
    )
    assert isinstance(counted, DrawnChart)
    assert isinstance(named, DrawnChart)
    assert counted.title == "Quais são os estados com mais municípios?"
    assert named.title == "Municipios por nome"
