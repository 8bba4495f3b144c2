"""Types are decided by all values of a column, and by the habits of the file where the column leaves them open."""

import pytest

from app.connectors.catalog import DataType, Scalar
from app.ingestion.judge import ColumnPlan, Habits, judge

PT = Habits(prefers_comma=True, day_first=True)
EN = Habits(prefers_comma=False, day_first=False)


def plan(values: list[str], header: str = "x", habits: Habits = PT) -> ColumnPlan:
    return judge(header, {value: values.count(value) for value in values}, habits)


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (["1.234,56", "7"], DataType.REAL, 1234.56),
        (["1,234.56", "7"], DataType.REAL, 1234.56),
        (["R$ 1.234,56", "R$ 0,10"], DataType.REAL, 1234.56),
        (["12,5%", "3%"], DataType.REAL, 12.5),
        (["(1.234)", "5"], DataType.INTEGER, -1234),
        (["1.234.567", "12"], DataType.INTEGER, 1234567),
        (["-5", "+7", "−9"], DataType.INTEGER, -5),
        (["0.123", "1.5"], DataType.REAL, 0.123),
        (["1 234,5", "2"], DataType.REAL, 1234.5),
        (["2019", "2020"], DataType.INTEGER, 2019),
        (["01310-100", "22041-001"], DataType.TEXT, "01310-100"),
        (["123.456.789-09", "987.654.321-00"], DataType.TEXT, "123.456.789-09"),
        (["007", "123"], DataType.TEXT, "007"),
        (["99999999999999999999", "1"], DataType.TEXT, "99999999999999999999"),
        (["31/12/2024", "01/02/2024"], DataType.DATE, "2024-12-31"),
        (["12/31/2024", "01/02/2024"], DataType.DATE, "2024-12-31"),
        (["2024-12-31", "2024-01-01"], DataType.DATE, "2024-12-31"),
        (["01.02.2024", "31.12.2024"], DataType.DATE, "2024-02-01"),
        (["31/12/2024 23:59", "01/01/2024 00:00"], DataType.TIMESTAMP, "2024-12-31 23:59:00"),
        (["2024-01-01T10:00:00Z", "2024-01-02T11:00:00Z"], DataType.TIMESTAMP, "2024-01-01 10:00:00"),
        (["5 de março de 2024", "1 de maio de 2024"], DataType.DATE, "2024-03-05"),
        (["Jul 18, 1982", "Oct 23, 1983"], DataType.DATE, "1982-07-18"),
        (["23:59", "00:10"], DataType.TIME, "23:59:00"),
        (["sim", "não"], DataType.BOOLEAN, True),
        (["TRUE", "false"], DataType.BOOLEAN, True),
        (["S", "N"], DataType.BOOLEAN, True),
        (["0", "1"], DataType.INTEGER, 0),
        (["2.2.2", "2.2.0"], DataType.TEXT, "2.2.2"),
        (["31/02/2024", "01/01/2024"], DataType.TEXT, "31/02/2024"),
        (["abc", "1"], DataType.TEXT, "abc"),
    ],
)
def test_forms_of_brazil_and_elsewhere(values: list[str], kind: DataType, first: Scalar) -> None:
    decided = plan(values)
    assert decided.type is kind
    assert decided.form.read(values[0]) == first


@pytest.mark.parametrize(("habits", "kind", "value"), [(PT, DataType.INTEGER, 1234), (EN, DataType.REAL, 1.234)])
def test_lone_group_is_read_by_the_habit_of_the_file_and_said_so(habits: Habits, kind: DataType, value: Scalar) -> None:
    decided = plan(["1.234", "567.890"], habits=habits)
    assert (decided.type, decided.form.read("1.234")) == (kind, value)
    assert decided.note is not None


@pytest.mark.parametrize(("habits", "iso"), [(PT, "2024-02-01"), (EN, "2024-01-02")])
def test_open_order_of_day_and_month_follows_the_file_and_is_said(habits: Habits, iso: str) -> None:
    decided = plan(["01/02/2024", "03/04/2024"], habits=habits)
    assert decided.form.read("01/02/2024") == iso
    assert decided.note is not None


def test_different_time_zones_become_utc() -> None:
    decided = plan(["2021-05-25 04:55:03 UTC", "2021-05-25 04:55:03 -03:00"])
    assert decided.form.read("2021-05-25 04:55:03 -03:00") == "2021-05-25 07:55:03"


@pytest.mark.parametrize("header", ["CPF", "Telefone Celular", "cep", "zip_code_zip"])
def test_digits_under_a_name_for_codes_stay_text(header: str) -> None:
    assert plan(["12345678901", "22345678901"], header).type is DataType.TEXT


def test_eight_digits_are_dates_only_under_a_name_for_dates() -> None:
    values = ["20240131", "20231201"]
    assert plan(values, "DT_NOTIFIC").form.read("20240131") == "2024-01-31"
    assert plan(values, "protocolo").type is DataType.INTEGER


def test_flags_are_booleans_only_under_a_name_for_flags() -> None:
    assert plan(["0", "1"], "is_active").type is DataType.BOOLEAN
    assert plan(["0", "1"], "filhos").type is DataType.INTEGER


def test_marks_for_missing_values_do_not_make_text() -> None:
    decided = plan(["1", "-", "#NULO#", "NA", "3"])
    assert decided.type is DataType.INTEGER
    assert "NA" in decided.null_marks
    assert "NA" not in plan(["NA", "EU", "AS"]).null_marks


def test_few_misfits_are_rejected_and_many_make_text() -> None:
    assert judge("x", {"1": 600, "2": 398, "abc": 2}, PT).type is DataType.INTEGER
    assert judge("x", {"1": 600, "2": 390, "abc": 10}, PT).type is DataType.TEXT
