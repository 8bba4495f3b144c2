"""Calendars, steps of time, and the order in which a chart shows its parts."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.charts.render import render_svg
from app.core.i18n import Language
from tests.agentgraph.charts.results import make_result
from tests.agentgraph.charts.test_spec import drawn, values

DAYS = [(date(2020, 1, 1) + timedelta(days=day)).isoformat() for day in range(366)]


@pytest.mark.parametrize(
    ("measure", "week", "note"), [("count", 7.0, "soma por semana"), ("temperatura", 1.0, "média por semana")]
)
def test_bars_of_many_days_are_joined_in_longer_steps(measure: str, week: float, note: str) -> None:
    chart = drawn(make_result(f"dia,{measure}", [(day, 1) for day in DAYS]), ChartWish.BAR)
    title: Any = chart.spec["title"]
    assert [record["place"] for record in values(chart)][:2] == ["30/12/2019", "06/01/2020"]
    assert (len(values(chart)), title["subtitle"]) == (53, [note])
    assert values(chart)[1]["value"] == week


def test_lines_keep_every_day_that_a_picture_can_show() -> None:
    assert len(values(drawn(make_result("dia,n", [(day, 1) for day in DAYS])))) == 366


def test_year_and_month_can_cross_in_a_heat_map() -> None:
    rows = [(y, m, y * 100 + m) for y in (2020, 2019) for m in (11, 2, 3)]
    chart = drawn(make_result("year,month,deaths", rows), ChartWish.HEAT_MAP)
    encoding: Any = chart.spec["encoding"]
    assert chart.type == "heat_map"
    assert encoding["x"]["sort"] == ["fev", "mar", "nov"]
    assert encoding["y"]["sort"] == ["2019", "2020"]


def test_layers_of_a_stack_stand_in_the_order_of_the_legend() -> None:
    rows = [(year, tempo, n) for year in (2012, 2013) for tempo, n in (("chuva", 5), ("sol", 9), ("neve", 1))]
    chart = drawn(make_result("ano,tempo,dias", rows), ChartWish.STACKED_BAR)
    encoding: Any = chart.spec["encoding"]
    assert encoding["color"]["sort"] == ["sol", "chuva", "neve"]
    assert {record["series"]: record["rank"] for record in values(chart)} == {"sol": 0, "chuva": 1, "neve": 2}


def test_quarters_are_written_as_quarters() -> None:
    rows = [(f"{year}-Q{quarter}", 10 * quarter) for year in (2022, 2023) for quarter in (1, 2, 3, 4)]
    assert "T3 2023" in render_svg(drawn(make_result("trimestre,n", rows)).spec, language=Language.PT)


def test_boxes_stand_in_calendar_order_with_their_quartiles() -> None:
    rows = [(day, value) for day in ("Sun", "Fri", "Sat") for value in (1.0, 2.0, 3.0, 4.0, 8.0)]
    chart = drawn(make_result("day,tip", rows), ChartWish.BOX_PLOT, Language.EN)
    boxes = [record for record in values(chart) if "median" in record]
    assert [box["place"] for box in boxes] == ["Fri", "Sat", "Sun"]
    assert (boxes[0]["low"], boxes[0]["q1"], boxes[0]["median"], boxes[0]["q3"], boxes[0]["high"]) == (1, 2, 3, 4, 4)
    assert [record["value"] for record in values(chart) if "value" in record] == [8.0] * 3


@pytest.mark.parametrize("wish", [ChartWish.BOX_PLOT, ChartWish.HISTOGRAM])
def test_few_values_far_away_do_not_press_the_others_flat(wish: ChartWish) -> None:
    chart = drawn(make_result("valor", [(n,) for n in range(100)] + [(1_000_000,)]), wish)
    title: Any = chart.spec["title"]
    assert title["subtitle"] == ["exibido de 0 a 99; valores além: 1"]
    assert max(record["to"] if "to" in record else record["high"] for record in values(chart)) <= 100


def test_layers_of_an_area_have_no_gaps() -> None:
    rows = [(2020, "sol", 5), (2021, "sol", 4), (2022, "sol", 3), (2021, "neve", 1)]
    chart = drawn(make_result("ano,tempo,dias", rows), ChartWish.AREA)
    assert sorted(record["value"] for record in values(chart)) == [0, 0, 1, 3, 4, 5]


def test_two_numbers_that_tell_rows_apart_are_groups_and_not_quantities() -> None:
    rows = [(cylinders, gears, cylinders + gears) for cylinders in (4, 6, 8) for gears in (3, 4, 5)]
    chart = drawn(make_result("cyl,gear,count", rows))
    assert chart.type == "grouped_bar"


def test_groups_of_bars_along_time_stay_few_enough_to_be_read() -> None:
    rows = [
        (f"{year}-{month:02d}", name, 1.5) for year in range(2000, 2010) for month in range(1, 13) for name in "ABCDE"
    ]
    chart = drawn(make_result("mes,acao,preco", rows), ChartWish.GROUPED_BAR)
    assert len(values(chart)) == 50


def test_question_that_says_more_than_the_columns_stands_below_the_title() -> None:
    result = make_result("trimestre,dias", [(f"2022-Q{quarter}", quarter) for quarter in (1, 2, 3)])
    more = drawn(result, question="Dias de chuva por trimestre")
    same = drawn(result, question="Gráfico dos dias por trimestre")
    titles: Any = (more.spec["title"], same.spec["title"])
    assert titles[0] == {"text": ["Dias por trimestre"], "subtitle": ["Dias de chuva por trimestre"]}
    assert titles[1]["subtitle"] == []


def test_words_for_those_who_do_not_see_a_chart_tell_how_values_spread() -> None:
    rows = [("a" if n % 2 else "b", float(n)) for n in range(30)]
    histogram = drawn(make_result("valor", [(value,) for _, value in rows]), ChartWish.HISTOGRAM)
    boxes = drawn(make_result("grupo,valor", rows), ChartWish.BOX_PLOT)
    assert "30 linhas, o maior grupo (5) em 0 – 5." in str(histogram.spec["description"])
    assert "Medianas de 14 (b) a 15 (a)." in str(boxes.spec["description"])


def test_measures_of_the_same_name_are_not_added_up() -> None:
    chart = drawn(make_result("uf,n,n", [("SP", 5, 7), ("RJ", 4, 3)]), ChartWish.GROUPED_BAR)
    assert {(record["place"], record["series"]): record["value"] for record in values(chart)} == {
        ("SP", "n (1)"): 5,
        ("SP", "n (2)"): 7,
        ("RJ", "n (1)"): 4,
        ("RJ", "n (2)"): 3,
    }
