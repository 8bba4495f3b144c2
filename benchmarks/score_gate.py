"""Scores the SQL gate: `python -m benchmarks.score_gate DATA` over the statements to accept and to refuse in DATA.

Prints one JSON object a line: figures `{figure, value, unit, of}` and failures `{failure, id, dialect, code, sql}`.
Ends with status 1 when a statement to refuse was accepted that the gate is meant to stop.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.services.batch.gate import gate_lines

ATTACK_TABLES = ["vendas", "clientes", "produtos", "funcionários", "Pedidos 2024", "eventos_json"]
"""Tables that the attacks and legitimate queries of `attacks/` may read, as its description says."""


def main(data: Path) -> int:
    """Prints the figures and failures of every set that `data` holds; gives the exit status."""
    passed = 0
    for relative, wanted, tables, group in (
        ("sqlguard/reject.jsonl", "refuse", None, lambda item: item["severity"]),
        ("attacks/attacks.jsonl", "refuse", ATTACK_TABLES, lambda item: item["class"]),
        ("sqlguard/accept.jsonl", "accept", None, lambda item: item["dialect"]),
        ("attacks/legit.jsonl", "accept", ATTACK_TABLES, lambda item: item["dialect"]),
    ):
        if (data / relative).exists():
            failures = _score(data, relative, wanted, tables=tables, group=group)
            passed += sum(item.get("stop_at", "guard") == "guard" for item in failures if wanted == "refuse")
    return 1 if passed else 0


def _score(
    data: Path, relative: str, wanted: str, *, tables: list[str] | None, group: Callable[[dict[str, Any]], str]
) -> list[dict[str, Any]]:
    """Prints the figures of one set; gives the statements that were judged wrongly."""
    judged = list(_judge(data, relative, tables))
    failures = [(item, out) for item, out in judged if out.get("verdict") != wanted]
    totals = Counter(group(item) for item, _ in judged)
    failed = Counter(group(item) for item, _ in failures)
    name = f"{relative.removesuffix('.jsonl')}: {'false accepts' if wanted == 'refuse' else 'false refusals'}"
    _print(figure=name, value=len(failures), unit="statements", of=len(judged))
    for key in sorted(totals):
        if failed[key] or wanted == "accept":
            _print(figure=f"{name}, {key}", value=failed[key], unit="statements", of=totals[key])
    for item, out in failures:
        _print(
            failure=name,
            id=item["id"],
            dialect=item["dialect"],
            code=out.get("code") or out.get("error"),
            stop_at=item.get("stop_at"),
            sql=item["sql"][:200],
        )
    return [item for item, _ in failures]


def _judge(data: Path, relative: str, tables: list[str] | None) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    items = [json.loads(line) for line in (data / relative).read_text(encoding="utf-8").splitlines()]
    items = [item for item in items if not item["dialect"].startswith("input")]
    lines = [
        json.dumps(
            {
                **{k: item[k] for k in ("id", "sql", "dialect", "db") if item.get(k)},
                "sql": item["sql"],
                "tables": tables,
            }
        )
        for item in items
    ]
    return zip(items, gate_lines(lines, data), strict=True)


def _print(**values: object) -> None:
    told = {key: value for key, value in values.items() if value is not None}
    print(json.dumps(told, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
