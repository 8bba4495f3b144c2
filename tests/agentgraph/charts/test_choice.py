"""Which chart is chosen for which rows and wishes."""

import json

import pytest

from app.agentgraph.charts.choice import ChartChoice, NoChart, choose
from app.agentgraph.charts.kinds import ChartType, ChartWish
from app.connectors.base import Cell, ResultSet
from app.core.i18n import Language
from tests.agentgraph.charts.results import make_result
from tests.data import data_path

REGIONS = make_result("regiao,n", [("Norte", 7), ("Nordeste", 9), ("Sul", 3)])
MONTHS = make_result("mes,total", [(f"2024-{month:02d}", 10.0 * month) for month in range(1, 13)])
STOCKS = make_result("symbol,date,price", [(s, f"2024-{m:02d}-01", 1.0 * m) for s in ("A", "B") for m in range(1, 7)])
TIPS = make_result("day,sex,avg_tip", [(d, s, 2.5) for d in ("Thu", "Fri", "Sat", "Sun") for s in ("F", "M")])
BILLS = make_result("total_bill,tip", [(10.0 + i * 1.3, 1.0 + i * 0.1) for i in range(30)])


def chosen(result: ResultSet, wish: ChartWish = ChartWish.NONE) -> str:
    """The kind of chart, or "none"."""
    choice = choose(result, wish=wish)
    return choice.type.value if isinstance(choice, ChartChoice) else "none"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (REGIONS, "bar"),
        (MONTHS, "line"),
        (STOCKS, "multi_line"),
        (TIPS, "grouped_bar"),
        (BILLS, "scatter"),
        (make_result("nome,n", [("Rio Grande do Norte", 1), ("Mato Grosso do Sul", 2)]), "horizontal_bar"),
        (make_result("cyl,mpg", [(4, 26.6), (6, 19.7), (8, 15.1)]), "bar"),
        (make_result("year,deaths", [(2010, 686863), (2011, 726815), (2012, 749465)]), "line"),
        (make_result("strftime,n", [("2010", 6), ("2011", 7), ("2012", 9)]), "line"),
        (make_result("cut,avg(price),count(*)", [("Fair", 4358.7, 1610), ("Good", 3928.8, 4906)]), "bar"),
        (make_result("a,b,v", [(f"a{i}", f"b{j}", i * j + 1.5) for i in range(12) for j in range(12)]), "heat_map"),
    ],
)
def test_rules_follow_the_roles_of_the_columns(result: ResultSet, kind: str) -> None:
    assert chosen(result) == kind


@pytest.mark.parametrize(
    ("wish", "result", "kind"),
    [
        (ChartWish.PIE, REGIONS, "pie"),
        (ChartWish.DONUT, REGIONS, "donut"),
        (ChartWish.LINE, REGIONS, "line"),
        (ChartWish.HORIZONTAL_BAR, REGIONS, "horizontal_bar"),
        (ChartWish.BAR, MONTHS, "bar"),
        (ChartWish.AREA, MONTHS, "area"),
        (ChartWish.STACKED_BAR, TIPS, "stacked_bar"),
        (ChartWish.PIES_BY_GROUP, TIPS, "pies_by_group"),
        (ChartWish.HEAT_MAP, TIPS, "heat_map"),
        (ChartWish.HISTOGRAM, BILLS, "histogram"),
        (ChartWish.BOX_PLOT, BILLS, "box_plot"),
        (ChartWish.SCATTER, BILLS, "scatter"),
        (ChartWish.GROUPED_BAR, TIPS, "grouped_bar"),
        (ChartWish.VERTICAL_BAR, REGIONS, "bar"),
        (ChartWish.ANY, REGIONS, "bar"),
        (ChartWish.BAR, make_result("weather", [("sun",), ("rain",), ("sun",)]), "bar"),
        (ChartWish.ANY, make_result("coderre,joly", [(149467, 123062)]), "bar"),
    ],
)
def test_wish_that_the_rows_can_fulfil_is_fulfilled(wish: ChartWish, result: ResultSet, kind: str) -> None:
    assert chosen(result, wish) == kind


@pytest.mark.parametrize(
    ("wish", "result", "kind"),
    [
        (ChartWish.PIE, make_result("uf,saldo", [("SP", -3.5), ("RJ", 2.5)]), "bar"),
        (ChartWish.SCATTER, REGIONS, "bar"),
        (ChartWish.HEAT_MAP, REGIONS, "bar"),
    ],
)
def test_wish_that_cannot_be_fulfilled_says_so_and_falls_back(wish: ChartWish, result: ResultSet, kind: str) -> None:
    choice = choose(result, wish=wish)
    assert isinstance(choice, ChartChoice)
    assert choice.type.value == kind
    assert "do not make" in choice.reason.to(Language.EN)


@pytest.mark.parametrize(
    "result",
    [
        make_result("n", [(5571,)]),
        make_result("date,temp_max", [("2014-08-11", 35.6)]),
        make_result("a,b", []),
        make_result("nome", [("PSB",), ("PT",)]),
        make_result("carat", [(5.01,), (4.5,), (4.13,)]),
        make_result("nome,n", [(f"m{i}", i) for i in range(200)]),
        make_result("mes,n", [("2024-01", None), (None, 3), ("2024-02", None)]),
        make_result("v,n", [(1, float("nan")), (2, float("inf"))]),
    ],
)
def test_rows_that_make_no_chart_have_a_reason(result: ResultSet) -> None:
    choice = choose(result)
    assert isinstance(choice, NoChart)
    assert choice.reason.to(Language.PT) != choice.reason.to(Language.EN)


def test_codes_are_never_drawn_as_quantities() -> None:
    choice = choose(make_result("codigo_ibge,nome,populacao", [(5200050, "Abadia", 10), (3100104, "Douradas", 20)]))
    assert isinstance(choice, ChartChoice)
    assert [measure.name for measure in choice.encoding.y] == ["populacao"]
    assert choice.encoding.x is not None
    assert choice.encoding.x.name == "nome"


def test_measure_that_the_question_names_leads() -> None:
    result = make_result("cut,price,total", [("Fair", 4358.7, 16), ("Good", 3928.8, 49)])
    choice = choose(result, question="total by cut")
    assert isinstance(choice, ChartChoice)
    assert choice.encoding.y[0].name == "total"


def test_parts_of_a_whole_leave_a_tie_to_a_model() -> None:
    choice = choose(REGIONS)
    assert isinstance(choice, ChartChoice)
    assert choice.alternatives == (ChartType.PIE,)


FAMILY = {"horizontal_bar": "bar", "grouped_bar": "bar", "stacked_bar": "bar", "multi_line": "line"}


def test_choice_agrees_with_people_on_real_questions() -> None:
    """Ninety in a hundred of the judged questions: their answers' rows and the kinds of chart that suit them."""
    questions = [json.loads(line) for line in data_path("e2e/questions.jsonl").read_text("utf-8").splitlines()]
    judged = [question for question in questions if question["chart_ok"]]
    right = [question["id"] for question in judged if _suits(question["expected"]["rows"], question["chart_ok"])]
    assert len(judged) > 0
    assert len(right) / len(judged) >= 0.9


def _suits(rows: list[list[Cell]], accepted: list[str]) -> bool:
    kind = chosen(make_result(",".join(f"c{i}" for i in range(len(rows[0]))), rows))
    plain = kind == "none" and bool({"none", "table", "number"} & set(accepted))
    return plain or FAMILY.get(kind, kind) in accepted
