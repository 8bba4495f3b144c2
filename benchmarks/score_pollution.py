"""How well polluted files are read: the table that the `ingest` door writes against the one that was polluted.

Usage: python -m benchmarks.score_pollution [--failures N]. A file has ten points at most, in the spirit of the Pollock
benchmark: one for loading, and one each for precision, recall and F1 of names, records and cells. Prints JSON lines
`{"figure", "value", "unit", "of"}`, one a kind, then the N worst files.
"""

import csv
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from app.services.batch.ingest import ingest_files
from tests.ingestion.pollutions import Polluted, pollutions, source_rows


def main() -> None:
    """Scores every pollution of the small table."""
    worst = int(sys.argv[2]) if sys.argv[1:2] == ["--failures"] else 10
    points: defaultdict[str, list[float]] = defaultdict(list)
    missed = []
    for polluted, found in score_all(pollutions(source_rows())):
        points[polluted.kind].append(found)
        points["ALL"].append(found)
        if found < 9.999:
            missed.append({"failure": polluted.name, "kind": polluted.kind, "points": round(found, 3)})
    for kind, values in sorted(points.items()):
        mean = round(sum(values) / len(values), 3)
        print(json.dumps({"figure": f"pollution/{kind}", "value": mean, "unit": "of 10", "of": len(values)}))
    for line in sorted(missed, key=lambda m: float(str(m["points"])))[:worst]:
        print(json.dumps(line))


def score_all(files: Iterable[Polluted]) -> Iterator[tuple[Polluted, float]]:
    """Each file with its points, 0 to 10."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-pollution-") as folder:
        source, target = Path(folder) / "input.csv", Path(folder) / "read.csv"
        for polluted in files:
            source.write_bytes(polluted.content)
            target.unlink(missing_ok=True)
            list(ingest_files([source], sqlite=None, csv=target))
            yield polluted, _points(polluted, target)


def _points(polluted: Polluted, target: Path) -> float:
    if not target.exists():
        return 0.0
    with target.open(encoding="utf-8", newline="") as file:
        read = list(csv.reader(file))
    names, rows = (read[0] if read else []), read[1:]
    measures = [
        *(_agreement(polluted.header, names) if polluted.header else (1.0,) * 3),
        *_agreement([_joined(row) for row in polluted.rows], [_joined(row) for row in rows]),
        *_agreement(_cells(polluted.rows), _cells(rows)),
    ]
    return 1.0 + sum(measures)


def _joined(row: Sequence[str]) -> str:
    """A record as one text; empty cells at its end do not count."""
    return "\x1f".join(row).rstrip("\x1f")


def _cells(rows: Iterable[Sequence[str]]) -> list[str]:
    return [cell for row in rows for cell in row if cell]


def _agreement(wanted: Iterable[str], found: Iterable[str]) -> tuple[float, float, float]:
    """Precision, recall and F1 of what was found, as multisets."""
    want, have = Counter(wanted), Counter(found)
    if not want and not have:
        return 1.0, 1.0, 1.0
    common = (want & have).total()
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / have.total(), common / want.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


if __name__ == "__main__":
    main()
