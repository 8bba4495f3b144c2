"""Removes each rule of the SQL gate in turn: `python -m benchmarks.mutate_gate`; some line of a test must notice.

A rule is a `raise` in `app/connectors/sql_gate`. Each is taken out in a process of its own that loads the changed
module and runs the tests of the gate until one fails. Prints a JSON object a line: `{survivor, line, text}` for rules
that no test misses, then `{figure, value, of}`. Ends with status 1 when there are survivors.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

GATE = Path("app/connectors/sql_gate")
TESTS = (
    "test_gate_rules.py",
    "test_gate_corpora.py",
    "test_gate_honest.py",
    "test_policy.py",
    "test_gate_budget.py",
)
_DEADLINE_S = 90
_WORKERS = 2


class _Without(ast.NodeTransformer):
    """Puts `pass` in place of the `raise` on one line."""

    def __init__(self, line: int) -> None:
        self._line = line

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.copy_location(ast.Pass(), node) if node.lineno == self._line else node


class _Changed(importlib.abc.Loader):
    """Loads a module without one of its rules."""

    def __init__(self, path: Path, line: int) -> None:
        self._path, self._line = path, line

    def exec_module(self, module: ModuleType) -> None:
        tree = _Without(self._line).visit(ast.parse(self._path.read_text(encoding="utf-8")))
        exec(compile(tree, str(self._path), "exec"), module.__dict__)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the changed module before anything else does."""

    def __init__(self, path: Path, line: int) -> None:
        self._name = ".".join(path.with_suffix("").parts)
        self._loader = _Changed(path, line)

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The changed module under its own name."""
        return importlib.util.spec_from_loader(fullname, self._loader) if fullname == self._name else None


def rules() -> list[tuple[Path, int, str]]:
    """File, line and text of every rule."""
    found = []
    for path in sorted(GATE.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        found += [
            (path, node.lineno, " ".join((ast.get_source_segment(source, node) or "").split()))
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Raise)
        ]
    return found


def main() -> int:
    """Tries every rule; gives the exit status."""
    every = rules()
    with ThreadPoolExecutor(_WORKERS) as threads:
        noticed = list(threads.map(lambda rule: _is_noticed(*rule[:2]), every))
    survivors = [rule for rule, seen in zip(every, noticed, strict=True) if not seen]
    for path, line, text in survivors:
        print(json.dumps({"survivor": str(path), "line": line, "text": text}, ensure_ascii=False))
    print(json.dumps({"figure": "rules of the gate that no test misses", "value": len(survivors), "of": len(every)}))
    return 1 if survivors else 0


def _is_noticed(path: Path, line: int) -> bool:
    command = [sys.executable, "-m", "benchmarks.mutate_gate", str(path), str(line)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_DEADLINE_S)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def _try(path: Path, line: int) -> int:
    """Runs the tests on the gate without that rule; 0 when they all pass."""
    sys.meta_path.insert(0, _Finder(path, line))
    import pytest

    tests = [f"tests/security/{name}" for name in TESTS]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))


if __name__ == "__main__":
    sys.exit(_try(Path(sys.argv[1]), int(sys.argv[2])) if sys.argv[1:] else main())
