"""Removes each rule of the SQL gate in turn: `python -m benchmarks.mutate_gate`; some line of a test must notice.

A rule is a `raise` in `app/connectors/sql_gate`, and each alternative (`or`) of the condition before it. The tests run
once on a gate that notes which of them come to which rule; then each rule is taken out in a child of this process, and
the tests that come to it run, the quickest first, until one fails. Prints a JSON object a line as it goes: `{rule,
line, noticed_by}`, or `{survivor, line, text}` for a rule that no test misses, and at last `{figure, value, of}`. Ends
with status 1 when there are survivors.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

GATE = Path("app/connectors/sql_gate")
TESTS = (
    "test_gate_rules.py",
    "test_gate_honest.py",
    "test_policy.py",
    "test_gate_corpora.py",
    "test_gate_budget.py",
)
_RELOADED = ("app.connectors.sql_gate", "app.services.batch", "tests.security")
"""Modules that hold parts of the gate: a child loads them anew."""
_WORKERS = 2
_QUICKEST = 3
"""How many tests are tried before all others are collected."""
_Place = tuple[str, int]
"""A file, and the line of a `raise` in it."""
_Change = Callable[[ast.Module], None]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One rule that may be taken out."""

    path: Path
    raised: int
    """Line of the `raise`."""
    alternative: int | None
    """Which operand of the condition's `or` counts as false; None when the `raise` itself goes."""
    line: int
    text: str

    def apply(self, tree: ast.Module) -> None:
        """Changes the module's `tree`."""
        for block in _blocks(tree):
            for place, statement in enumerate(block):
                if self.alternative is None and isinstance(statement, ast.Raise) and statement.lineno == self.raised:
                    block[place] = ast.copy_location(ast.Pass(), statement)
                elif isinstance(statement, ast.If) and self.alternative is not None:
                    raised = _raised_by(statement)
                    if raised is not None and raised.lineno == self.raised and isinstance(statement.test, ast.BoolOp):
                        operands = statement.test.values
                        operands[self.alternative] = ast.copy_location(
                            ast.Constant(value=False), operands[self.alternative]
                        )


@dataclass(slots=True)
class Trail:
    """Which tests come to which rule, and how long each test takes."""

    reached: set[_Place] = field(default_factory=set)
    tests: defaultdict[_Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Forgets remembered verdicts before a test, and notes after it where it was."""
        sys.modules["app.connectors.sql_gate.check"]._remembered.cache_clear()
        self.reached.clear()
        result = yield
        for place in self.reached:
            self.tests[place].append(item.nodeid)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Adds up what the parts of a test took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    def of(self, mutation: Mutation) -> list[str]:
        """The tests that come to a rule, the quickest first."""
        return sorted(self.tests[str(mutation.path), mutation.raised], key=lambda test: self.seconds[test])


@dataclass(slots=True)
class _FirstFailure:
    """The first test that failed."""

    test: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes a failure's name."""
        if report.failed and self.test is None:
            self.test = report.nodeid


class _Changed(importlib.abc.Loader):
    """Loads a module of the gate after a change of its tree."""

    def __init__(self, path: Path, change: _Change, names: dict[str, object]) -> None:
        self._path, self._change, self._names = path, change, names

    def exec_module(self, module: ModuleType) -> None:
        tree = ast.parse(self._path.read_text(encoding="utf-8"))
        self._change(tree)
        module.__dict__.update(self._names)
        exec(compile(ast.fix_missing_locations(tree), str(self._path), "exec"), module.__dict__)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds changed modules before anything else does."""

    def __init__(self, loaders: dict[str, _Changed]) -> None:
        self._loaders = loaders

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The changed module under its own name."""
        loader = self._loaders.get(fullname)
        return importlib.util.spec_from_loader(fullname, loader) if loader else None


def mutations() -> list[Mutation]:
    """Every rule of the gate."""
    found: list[Mutation] = []
    for path in _files():
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise):
                found.append(Mutation(path, node.lineno, None, node.lineno, _text(source, node)))
            elif isinstance(node, ast.If) and isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
                raised = _raised_by(node)
                found += [
                    Mutation(path, raised.lineno, place, operand.lineno, f"or {_text(source, operand)}")
                    for place, operand in enumerate(node.test.values)
                    if raised is not None
                ]
    return found


def main() -> int:
    """Tries every rule; gives the exit status."""
    every, trail = mutations(), Trail()
    if _observe(trail) or trail.failed:
        print(json.dumps({"error": "the tests fail on the gate as it is", "tests": trail.failed}), flush=True)
        return 2
    survivors = 0
    with multiprocessing.get_context("fork").Pool(_WORKERS, maxtasksperchild=1) as pool:
        for mutation, test in pool.imap(_try, [(mutation, trail.of(mutation)) for mutation in every]):
            survivors += test is None
            _tell(mutation, test)
    figure = {"figure": "rules of the gate that no test misses", "value": survivors, "of": len(every), "target": 0}
    print(json.dumps(figure), flush=True)
    return 1 if survivors else 0


def _tell(mutation: Mutation, test: str | None) -> None:
    where = f"{mutation.path}:{mutation.line}"
    told = {"survivor": where, "text": mutation.text} if test is None else {"rule": where, "noticed_by": test}
    print(json.dumps(told, ensure_ascii=False), flush=True)


def _observe(trail: Trail) -> int:
    """Runs all tests on a gate that notes where they come to; gives pytest's status."""
    marked = {_name(path): _Changed(path, _marking(path), {"_come_to": trail.reached.add}) for path in _files()}
    return _run([f"tests/security/{name}" for name in TESTS], trail, _Finder(marked))


def _try(task: tuple[Mutation, list[str]]) -> tuple[Mutation, str | None]:
    """Runs the tests without that rule; gives the one that notices. Runs in a child, which is of no use afterwards."""
    mutation, tests = task
    first = _FirstFailure()
    for name in [name for name in sys.modules if name.startswith(_RELOADED)]:
        del sys.modules[name]
    finder = _Finder({_name(mutation.path): _Changed(mutation.path, mutation.apply, {})})
    for some in (tests[:_QUICKEST], tests[_QUICKEST:]):
        if some and first.test is None:
            _run(some, first, finder)
    return mutation, first.test


def _run(tests: list[str], plugin: object, finder: _Finder) -> int:
    sys.meta_path[:] = [finder, *(other for other in sys.meta_path if not isinstance(other, _Finder))]
    with redirect_stdout(io.StringIO()):
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests], plugins=[plugin]))


def _marking(path: Path) -> _Change:
    """Puts before each `raise` a call that notes its place."""

    def mark(tree: ast.Module) -> None:
        for block in _blocks(tree):
            for place in reversed([place for place, s in enumerate(block) if isinstance(s, ast.Raise)]):
                call = ast.parse(f"_come_to(({str(path)!r}, {block[place].lineno}))").body[0]
                block.insert(place, call)

    return mark


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in list(ast.walk(tree)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def _raised_by(statement: ast.If) -> ast.Raise | None:
    return next((inner for inner in statement.body if isinstance(inner, ast.Raise)), None)


def _files() -> list[Path]:
    return sorted(path for path in GATE.glob("*.py") if path.name != "__init__.py")


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _text(source: str, node: ast.AST) -> str:
    return " ".join((ast.get_source_segment(source, node) or "").split())


if __name__ == "__main__":
    sys.exit(main())
