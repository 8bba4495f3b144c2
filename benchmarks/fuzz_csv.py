"""Broken files by the thousand: each must become a table or be refused, in time, and leave nothing behind.

Usage: python -m benchmarks.fuzz_csv FILES DATA [--sent N]. FILES broken files, made of the CSV files under DATA, are
read by child processes, one for each processor, under a deadline. Then N more go through the whole product over HTTP.
Prints what came of them as JSON lines, and each defect with the number of its file; ends with 1 when there was one.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from app.core.errors.files import FileRejected
from app.ingestion.options import IngestLimits
from app.ingestion.pipeline import ingest
from app.schemas.read_options import FileOptions
from app.services.files.read_options import options_of, stored_options
from benchmarks.figures import report
from benchmarks.system import System, running_system, signed_up
from tests.ingestion.mutations import Mutant, mutant, seeds

DEADLINE_S = 20.0
"""For one broken file of some hundred kilobytes, which takes some milliseconds."""
SENT_DEADLINE_S = 60.0
SEEDS = (Path(__file__).parents[1] / "tests" / "data",)


def main() -> None:
    """Reads, sends and counts; the exit status tells whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sent", type=int, default=200)
    given = parser.parse_args()
    folders = [*SEEDS, *([given.data / "csv"] if (given.data / "csv").is_dir() else [])]
    defects = [*_read_all(given.files, folders), *_send_all(given.files, given.sent, folders)]
    for defect in defects:
        report("defect", 1, defect)
    report("fuzz-csv/defects", len(defects), "files", target="0")
    sys.exit(1 if defects else 0)


def _read_all(files: int, folders: Sequence[Path]) -> list[str]:
    """Reads the files 0 to `files`; gives the defects."""
    outcomes: Counter[str] = Counter()
    defects = []
    workers = os.cpu_count() or 1
    started = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        for found in pool.map(lambda first: list(_read_some(range(first, files, workers), folders)), range(workers)):
            outcomes.update(outcome for _, outcome, is_defect in found if not is_defect)
            defects += [f"file {number}: {outcome}" for number, outcome, is_defect in found if is_defect]
    report("fuzz-csv/read", files, "files", seconds=round(time.monotonic() - started, 1))
    for outcome, count in sorted(outcomes.items()):
        report(f"fuzz-csv/read/{outcome}", count, "files")
    return defects


def _read_some(numbers: Sequence[int], folders: Sequence[Path]) -> Iterator[tuple[int, str, bool]]:
    """Number, outcome, and whether it is a defect, of each file; a child that dies or hangs is replaced."""
    context = get_context("spawn")
    waiting = list(reversed(numbers))
    while waiting:
        ours, theirs = context.Pipe()
        child = context.Process(target=_child, args=(theirs, folders), daemon=True)
        child.start()
        theirs.close()
        with closing(ours):
            while waiting:
                number = waiting.pop()
                try:
                    ours.send(number)
                    outcome, is_defect = ours.recv() if ours.poll(DEADLINE_S) else ("hangs", True)
                except (EOFError, OSError):
                    outcome, is_defect = "crashes the process", True
                yield number, outcome, is_defect
                if outcome in {"hangs", "crashes the process"}:
                    break
            child.kill()
            child.join()


def _child(orders: Connection, folders: Sequence[Path]) -> None:
    """Reads the files whose numbers come through `orders`, and answers with what came of each."""
    of = seeds(folders)
    while True:
        try:
            number = orders.recv()
        except EOFError:
            return
        with tempfile.TemporaryDirectory(prefix="agentgraph-fuzz-") as folder:
            orders.send(_outcome(mutant(number, of), Path(folder)))


def _outcome(given: Mutant, folder: Path) -> tuple[str, bool]:
    source, out = folder / "source", folder / "out"
    source.write_bytes(given.content)
    try:
        options = options_of(stored_options(FileOptions.model_validate(given.options)))
        read = ingest(source, out, name=given.name, options=options, limits=IngestLimits())
    except ValidationError:
        return "options refused", False
    except FileRejected as error:
        outcome, kept = f"refused: {error.fields['reason']}", set()
    except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
        return f"{type(error).__name__}: {error}"[:300], True
    else:
        outcome, kept = "ready" if read.rows else "ready without rows", {"data.sqlite", "values.sqlite"}
    left = {path.name for path in [*out.iterdir(), *folder.iterdir()]} - {"source", "out"}
    return (outcome, False) if left == kept else (f"{outcome}, and leaves {sorted(left ^ kept)}", True)


def _send_all(first: int, count: int, folders: Sequence[Path]) -> list[str]:
    """Sends `count` files through the whole product; gives the defects."""
    if not count:
        return []
    of, outcomes, defects = seeds(folders), Counter[str](), list[str]()
    with running_system() as system, httpx.Client(base_url=f"{system.url}/api/v1", timeout=SENT_DEADLINE_S) as client:
        client.headers.update(signed_up(client, 1))
        sent = {number: _send(client, mutant(number, of)) for number in range(first, first + count)}
        for number, taken in sent.items():
            outcome, is_defect = _followed(client, taken)
            outcomes.update([outcome])
            if is_defect:
                defects.append(f"sent file {number}: {outcome}")
        defects += _left_behind(system)
    for outcome, times in sorted(outcomes.items()):
        report(f"fuzz-csv/sent/{outcome}", times, "files")
    return defects


def _send(client: httpx.Client, given: Mutant) -> httpx.Response:
    data = {"options": _json(given.options)} if given.options else {}
    return client.post("/files/upload", files={"file": (given.name, given.content)}, data=data)


def _json(options: dict[str, Any]) -> str:
    return str(httpx.Request("POST", "http://x", json=options).content, "utf-8")


def _followed(client: httpx.Client, taken: httpx.Response) -> tuple[str, bool]:
    """What came of a file that was sent, once it was looked at and removed."""
    if taken.status_code != httpx.codes.ACCEPTED:
        return f"{taken.status_code} {taken.json().get('code')}", taken.status_code >= 500
    path = f"/files/{taken.json()['id']}"
    deadline = time.monotonic() + SENT_DEADLINE_S
    while (status := client.get(f"{path}/status").raise_for_status().json())["state"] not in {"ready", "failed"}:
        if time.monotonic() > deadline:
            return "hangs", True
        time.sleep(0.05)
    code = status["error"]["code"] if status["error"] else "ready"
    preview = client.get(f"{path}/preview")
    is_shown = preview.status_code == (httpx.codes.OK if code == "ready" else httpx.codes.CONFLICT)
    removed = client.delete(path)
    is_right = code in {"ready", "file_rejected"} and is_shown and removed.status_code == httpx.codes.NO_CONTENT
    return (code, False) if is_right else (f"{code}, preview {preview.status_code}, {removed.status_code}", True)


def _left_behind(system: System) -> list[str]:
    """Working files that no reading owns any more."""
    return [f"leaves {path.relative_to(system.data_dir)}" for path in system.data_dir.rglob("work/*")]


if __name__ == "__main__":
    main()
