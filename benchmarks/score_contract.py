"""Holds every connector to the contract, and every engine to its walls with the gate switched off, engine by engine.

`python -m benchmarks.score_contract`. Runs the tests of the connectors and of the walls, and prints JSON lines as it
goes: `{failed}` for a case that failed, how soon a cancelled statement was gone from the engine (each time that a test
measured it), and at last the cases of each engine. Ends with status 1 when one failed.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field

import pytest

from benchmarks.figures import report

CONTRACT = "tests/connectors"
WALLS = tuple(f"tests/security/test_{name}_walls.py" for name in ("sqlite", "duckdb", "server"))
NAMES = {
    "sqlite": "SQLite",
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL",
    "mysql": "MariaDB",
    "sqlserver": "SQL Server (the tests' TDS server)",
    "dialect": "SQLAlchemy (pg8000 on PostgreSQL)",
}
_ENGINE = re.compile("|".join(NAMES))
_GONE_WITHIN_S = 2.0
_OUT = sys.stdout
"""Where figures go, past the place that pytest is given meanwhile."""


@dataclass(slots=True)
class Cases:
    """The outcomes of cases by engine, and what they measured."""

    outcomes: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    attacks: Counter[str] = field(default_factory=Counter)
    _failed: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a case once: as failed when any part of it did, as left out when its server is not there."""
        engine = engine_of(report.nodeid)
        if report.failed and report.nodeid not in self._failed:
            self._failed.add(report.nodeid)
            self.outcomes[engine]["failed"] += 1
            _tell({"failed": report.nodeid, "engine": engine})
        elif report.skipped:
            self.outcomes[engine]["left out"] += 1
        elif report.when == "call" and report.passed:
            self.outcomes[engine]["passed"] += 1
            for name, value in report.user_properties:
                self._measured(engine, name, value)

    def _measured(self, engine: str, name: str, value: object) -> None:
        if isinstance(value, int):
            self.attacks[engine] += value
        elif isinstance(value, float):
            figure = f"{name.removesuffix('_s').replace('_', ' ')}, {engine}"
            _tell({"figure": figure, "value": round(value, 3), "unit": "s", "target": f"<= {_GONE_WITHIN_S}"})

    def summary(self) -> int:
        """Prints the figures of each engine; gives how many cases failed."""
        for engine, found in sorted(self.outcomes.items()):
            attacks = {"attacks": self.attacks[engine]} if engine in self.attacks else {}
            outcomes = {name.replace(" ", "_"): found[name] for name in ("passed", "left out")}
            report(f"cases failed, {engine}", found["failed"], "cases", target="0", **outcomes, **attacks)
        return sum(found["failed"] for found in self.outcomes.values())


def engine_of(nodeid: str) -> str:
    """The engine that a case is about: by its parameter, else by its file, else those common to several."""
    path, _, case = nodeid.partition("::")
    parameters = case.partition("[")[2]
    found = _ENGINE.search(parameters) or _ENGINE.search(path.rpartition("/")[2])
    return NAMES[found.group()] if found else "common to all"


def main() -> int:
    """Runs the contract, then the walls; gives the exit status."""
    failed = 0
    for title, paths in (("contract", (CONTRACT,)), ("walls with the gate off", WALLS)):
        _tell({"part": title})
        cases = Cases()
        with redirect_stdout(sys.stderr):
            pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *paths], plugins=[cases])
        failed += cases.summary()
    return 1 if failed else 0


def _tell(values: dict[str, object]) -> None:
    print(json.dumps(values, ensure_ascii=False), file=_OUT, flush=True)


if __name__ == "__main__":
    sys.exit(main())
