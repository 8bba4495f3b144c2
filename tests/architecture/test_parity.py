"""`docs/parity.md` names a test for each capability of the first AgentGraph, and each of them exists."""

import ast
import re
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    """The rows of the table."""
    lines = (CHECKOUT / "docs/parity.md").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith("| ")][2:]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Names of the test functions of a file."""
    tree = ast.parse((CHECKOUT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_capability_names_a_test() -> None:
    assert len(rows()) >= 29
    assert [row for row in rows() if not TEST.search(row)] == []


def test_every_named_test_exists() -> None:
    named = [pair for row in rows() for pair in TEST.findall(row)]
    assert [f"{path}::{name}" for path, name in named if name not in functions_of(path)] == []
