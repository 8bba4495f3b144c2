"""Business questions with answers computed by hand-written SQL: answers are right, what cannot be known is declined."""

import json
import math
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest

from app.agentgraph.planner import Plan
from app.core.i18n import Language
from app.services.batch.sources import BatchSources
from tests.agentgraph.planner.asking import Asked
from tests.data import data_path

Row = list[object]
Question = dict[str, object]

_LANGUAGES = {"pt": Language.PT, "en": Language.EN}
_PRECISION, _COVERAGE, _DECLINED = 0.9, 0.7, 0.95
"""The product's aims for business questions over real files."""


def _questions() -> list[Question]:
    return [json.loads(line) for line in data_path("business/questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[Question], list[Row] | None]]:
    """The rows that a question is answered with; None when it is declined."""
    root: Path = data_path("business").parent
    with BatchSources(root) as batch:
        opened: dict[object, Asked] = {}

        def rows(question: Question) -> list[Row] | None:
            file = question["file"]
            asked = opened.setdefault(file, Asked(batch.of({"files": [file]})))
            planned = asked.plan(str(question["question"]), _LANGUAGES[str(question["language"])])
            return [list(row) for row in asked.run(planned)] if isinstance(planned, Plan) else None

        yield rows


def test_answers_are_right_and_cover_most_questions(ask: Callable[[Question], list[Row] | None]) -> None:
    asked = [q for q in _questions() if q["rows"] is not None]
    answers = [(q, ask(q)) for q in asked]
    answered = [(q, rows) for q, rows in answers if rows is not None]
    right = [q for q, rows in answered if _holds(rows, q["rows"])]

    assert len(answered) / len(asked) >= _COVERAGE
    wrong = [q["question"] for q, _ in answered if q not in right]
    assert len(right) / len(answered) >= _PRECISION, wrong


def test_what_the_data_do_not_hold_is_declined(ask: Callable[[Question], list[Row] | None]) -> None:
    asked = [q for q in _questions() if q["rows"] is None]
    answered = [q["question"] for q in asked if ask(q) is not None]

    assert len(answered) / len(asked) <= 1 - _DECLINED, answered


def _holds(rows: list[Row], expected: object) -> bool:
    """Whether the expected columns are among those given, in any order of columns and rows."""
    assert isinstance(expected, list)
    if len(rows) != len(expected) or not rows:
        return len(rows) == len(expected)
    width = len(expected[0])
    wanted = sorted(expected, key=_key)
    chosen = (
        sorted(([row[i] for i in places] for row in rows), key=_key)
        for places in permutations(range(len(rows[0])), width)
    )
    return any(
        all(_equal(a, b) for left, right in zip(got, wanted, strict=True) for a, b in zip(left, right, strict=True))
        for got in chosen
    )


def _key(row: Row) -> list[str]:
    return [f"{value:.4g}" if isinstance(value, (int, float)) else str(value) for value in row]


def _equal(left: object, right: object) -> bool:
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=0.005)
    return str(left) == str(right)
