"""Texts spliced from real statements: what the gate accepts, SQLite's authorizer never denies."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.connectors.children.sqlite_engine import SqliteEngine
from app.connectors.sql_gate import check
from app.connectors.sqlite_pool import CALLABLE
from app.core.errors import QuestionError
from tests.security.corpora import SCRATCH_TABLES, SHOP_TABLES, make_shop, read, sql_attacks

TABLES = (*SHOP_TABLES, *SCRATCH_TABLES)
PIECES = [
    re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\s+|[^\w\s]", item["sql"])[:200]
    for item in [*read("sqlguard/accept.jsonl"), *read("sqlguard/reject.jsonl"), *sql_attacks()]
    if item["dialect"] in {"sqlite", "any", "generic"}
]
EXAMPLES = 400

place = st.floats(min_value=0, max_value=1)
splice = st.tuples(st.sampled_from(PIECES), place, st.sampled_from(PIECES), place)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def engine() -> SqliteEngine:
    return SqliteEngine(CALLABLE, 256 * 1024**2)


def text_of(parts: tuple[list[str], float, list[str], float]) -> str:
    """The beginning of one statement followed by the end of another."""
    first, cut, second, start = parts
    return "".join(first[: int(cut * len(first))]) + " " + "".join(second[int(start * len(second)) :])


def is_accepted(sql: str) -> str | None:
    """The text that would run, or None."""
    try:
        return check(sql, dialect="sqlite", tables=TABLES).sql
    except QuestionError:
        return None


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
@given(parts=splice)
@example(parts=(["SELECT 1"], 1.0, [""], 0.0))
def test_accepted_texts_are_never_denied_by_the_engine(
    shop: Path, engine: SqliteEngine, parts: tuple[list[str], float, list[str], float]
) -> None:
    sql = is_accepted(text_of(parts))
    request = {"op": "explain", "path": str(shop), "tables": sorted(TABLES), "sql": sql or "SELECT 1", "timeout_s": 5}
    assert engine.run(request).get("error") not in {"denied", "memory", "timeout"}
