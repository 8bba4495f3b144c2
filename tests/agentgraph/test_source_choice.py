"""Which of several sources a question is sent to: weighed words among many, all words of two, a tie that asks back."""

from collections.abc import Iterable
from typing import Any, cast

import pytest

from app.agentgraph.context import Clarification, Part
from app.agentgraph.source_choice import chosen
from app.connectors.base import Connector
from app.connectors.catalog import Catalog, ColumnProfile, DataType, TableProfile, ValueMatch
from app.core.errors import Ambiguous
from app.core.i18n import Language


class Stored:
    """A value index that holds some words whole."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The phrases that are stored."""
        return [ValueMatch("t", "c", phrase, 1.0, phrase) for phrase in phrases if phrase in self._words][:limit]


def part(name: str, *columns: str, stored: tuple[str, ...] = ()) -> Part:
    """A source of one table with these columns; nothing is asked of its connector."""
    profiles = tuple(ColumnProfile(column, DataType.TEXT, column) for column in columns)
    catalog = Catalog("sqlite", (TableProfile(name, name, 1, profiles),))
    return Part(name, cast("Connector", None), catalog, Stored(*stored))


PETS = part("pets", "name", "age", "weight")
SINGERS = part("singers", "name", "country", "age")
CITIES = part("cities", "name", "state", stored=("france",))
MANY = (PETS, SINGERS, CITIES)


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("What is the weight of each of the pets?", PETS),
        ("Qual a idade e o país de cada cantor?", SINGERS),
        ("Show name and age of singers from France", SINGERS),
        ("Quantas cidades por estado?", CITIES),
    ],
)
def test_among_many_the_words_that_few_hold_decide(question: str, source: Part) -> None:
    found: Any = chosen(MANY, question, (), Language.EN)
    assert found is not None
    assert found.name == source.name


def test_of_two_a_word_that_only_the_other_holds_asks_for_both() -> None:
    assert chosen((PETS, SINGERS), "weight of pets by country of singers", (), Language.EN) is None
    found = chosen((PETS, SINGERS), "weight of pets", (), Language.EN)
    assert found is PETS


def test_words_that_none_holds_leave_the_choice_open() -> None:
    assert chosen(MANY, "colour of the moon", (), Language.EN) is None


def test_a_tie_asks_back_and_the_reply_decides() -> None:
    with pytest.raises(Ambiguous) as asked:
        chosen(MANY, "average age", (), Language.EN)
    assert asked.value.fields["options"] == ["pets", "singers"]
    found = chosen(MANY, "average age", (Clarification("Which source do you mean?", "Singers"),), Language.EN)
    assert found is SINGERS
