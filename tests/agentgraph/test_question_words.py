"""What the words of a question speak for: names and values in the other language, quotes, years, and joining tables."""

from collections.abc import Iterable

from app.agentgraph.agents.question_words import hints_of, stems_weighed
from app.agentgraph.agents.schema_text import build_schema_context
from app.connectors.catalog import (
    Catalog,
    ColumnProfile,
    DataType,
    ForeignKey,
    TableProfile,
    ValueCount,
    ValueMatch,
)


class StoredAuthors:
    """A value index that holds one author."""

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The author, for the phrase that is a part of the name."""
        del limit
        return [ValueMatch("author", "name", "Martin Odersky", 0.8, p) for p in phrases if p.casefold() == "martin"]


def text(name: str, *common: str) -> ColumnProfile:
    """A column of texts."""
    counts = tuple(ValueCount(value, 1) for value in common)
    return ColumnProfile(name, DataType.TEXT, name, distinct=len(common), common=counts)


def day(name: str, first: str, last: str) -> ColumnProfile:
    """A column of dates."""
    return ColumnProfile(name, DataType.DATE, name, minimum=first, maximum=last)


def number(name: str) -> ColumnProfile:
    """A column of whole numbers."""
    return ColumnProfile(name, DataType.INTEGER, name)


PETS = TableProfile(
    "pets",
    "pets",
    3,
    (number("petid"), text("pettype", "cat", "dog"), day("born", "2018-02-01", "2021-05-05")),
    ("petid",),
)
STUDENTS = TableProfile("student", "student", 9, (number("stuid"), text("fname"), text("sex", "F", "M")), ("stuid",))
OWNS = TableProfile(
    "has_pet",
    "has_pet",
    4,
    (number("stuid"), number("petid")),
    foreign_keys=(ForeignKey("stuid", "student", "stuid"), ForeignKey("petid", "pets", "petid")),
)
FILLERS = tuple(
    TableProfile(
        f"ledger_{n}", f"ledger_{n}", 9, tuple(number(f"measure_{n}_{m}") for m in range(20)), (f"measure_{n}_0",)
    )
    for n in range(60)
)
CATALOG = Catalog("sqlite", (PETS, STUDENTS, OWNS))


def test_words_that_mean_the_same_weigh_less_than_those_that_name() -> None:
    weights = stems_weighed("primeiro nome dos pets")
    assert weights["pet"] == 1.0
    assert 0 < weights["fname"] < 1


def test_values_in_the_other_language_parts_quotes_and_years_are_told() -> None:
    hints = hints_of("Alunos do sexo feminino com gato nascido em 2020, como 'Rex' de Martin", CATALOG, StoredAuthors())
    assert {("sex", "F"), ("pettype", "cat"), ("name", "Martin Odersky")} <= {
        (m.column, m.value) for m in hints.matches
    }
    assert {"Martin", "Rex", "2020-01-01", "2020-12-31"} <= set(hints.texts)
    assert """  "pets"."born": dates of 2020 lie between '2020-01-01' and '2020-12-31'""" in hints.lines


def test_years_that_no_column_reaches_are_not_told() -> None:
    assert not hints_of("born in 1999", CATALOG, StoredAuthors()).texts


def test_a_table_that_joins_two_others_is_kept_in_a_large_schema() -> None:
    catalog = Catalog("sqlite", (*FILLERS, PETS, STUDENTS, OWNS))
    context = build_schema_context(
        "Primeiro nome dos alunos que têm um gato", catalog, StoredAuthors(), budget_tokens=600
    )
    assert {"pets", "student", "has_pet"} <= set(context.tables)
    assert "student.fname" in context.columns
    assert "cat" in context.told_values
    assert context.tokens <= 600
    assert len(context.tables) < 40
