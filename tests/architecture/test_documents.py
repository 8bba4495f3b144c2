"""Written documents say what the code says, and every error can be told apart."""

from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from app.core.documents import DOCUMENTS, all_errors, error_modules
from app.core.errors import AgentGraphError
from app.core.permissions import SENTENCES, Permission
from app.main import create_app

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_document_is_up_to_date(path: str) -> None:
    assert (CHECKOUT / path).read_text("utf-8") == DOCUMENTS[path](), "run `make docs`"


def test_every_error_has_a_code_of_its_own_and_an_error_status() -> None:
    codes = Counter(error.code for error in all_errors())
    assert len(codes) > 20
    assert set(codes.values()) == {1}
    assert all(400 <= error.status < 600 for error in all_errors())


def test_errors_are_declared_in_the_one_tree() -> None:
    assert create_app.__module__ == "app.main"  # Everything is imported, so that every subclass is known.
    places = {place.__name__ for place in error_modules()}
    elsewhere = [error for error in _descendants(AgentGraphError) if error.__module__ not in places]
    assert [error for error in elsewhere if {"code", "status"} & vars(error).keys()] == []


def test_every_error_is_drawn_in_the_tree() -> None:
    drawing = "".join(place.__doc__ or "" for place in error_modules())
    assert [error.__name__ for error in all_errors() if error.__name__ not in drawing] == []


def test_sentences_of_errors_have_the_same_placeholders_in_both_languages() -> None:
    for error in all_errors():
        assert _placeholders(error.detail.en) == _placeholders(error.detail.pt), error


def test_every_permission_has_a_sentence() -> None:
    assert SENTENCES.keys() == set(Permission)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _descendants(error: type[AgentGraphError]) -> list[type[AgentGraphError]]:
    return [found for child in error.__subclasses__() for found in (child, *_descendants(child))]
