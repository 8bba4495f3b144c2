"""Spreadsheets (XLSX, XLSB, XLS, ODS) as delimited text in UTF-8, read by a child process of bounded memory.

The library holds a sheet whole, and a small file can declare an enormous one; the child alone pays for that.
"""

import csv
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
    load_workbook,
)

from app.core.errors.files import FileRejected
from app.core.i18n import Text
from app.ingestion.options import IngestLimits

MEMORY_BYTES = 1536 * 1024**2
"""Address space of the child."""
CPU_S = 240
DEADLINE_S = 300.0
_EXACT = 2.0**53
"""Whole numbers up to here are exact in a cell."""

_REASONS = {
    "encrypted": Text(en="The file is protected by a password.", pt="O arquivo está protegido por senha."),
    "damaged": Text(
        en="The file is not a spreadsheet that can be read.", pt="O arquivo não é uma planilha que se possa ler."
    ),
    "too_large": Text(
        en="The spreadsheet is too large; save it as CSV.", pt="A planilha é grande demais; salve-a como CSV."
    ),
    "no_such_sheet": Text(
        en="There is no sheet '{sheet}'. There are: {sheets}.", pt="Não existe a planilha '{sheet}'. Há: {sheets}."
    ),
    "empty": Text(en="The file has no content.", pt="O arquivo não tem conteúdo."),
}


def sheet_to_text(path: Path, target: Path, sheet: str | None, limits: IngestLimits) -> Text:
    """Writes one sheet of the workbook `path` to `target`; gives a note that names it.

    `sheet` is its name; without one, the first that is visible and holds something. Raises FileRejected with a
    `reason` (encrypted, damaged, too_large, no_such_sheet, empty).
    """
    order = [sys.executable, "-m", "app.ingestion.sheets", str(path), str(target), str(limits.max_bytes)]
    try:
        done = subprocess.run(  # noqa: S603  (our own interpreter and module; the paths are arguments, not a shell's)
            [*order, *([sheet] if sheet is not None else [])],
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else {"reason": "too_large"}
    except subprocess.TimeoutExpired:
        answer = {"reason": "too_large"}
    reason, listed = answer.get("reason"), ", ".join(answer.get("sheets", []))[:500]
    if reason is not None:
        raise FileRejected(_REASONS[reason], reason=reason, sheet=(sheet or "")[:100], sheets=listed)
    chosen = answer["sheet"]
    return Text(
        en=f"The sheet '{chosen}' was read; the file has: {listed}.",
        pt=f"A planilha '{chosen}' foi lida; o arquivo tem: {listed}.",
    )


def _main() -> None:
    """The child: arguments are source, target, most bytes, and a sheet's name when one is asked for."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target, most, *wanted = sys.argv[1:]
    answer = _converted(Path(source), Path(target), int(most), wanted[0] if wanted else None)
    sys.stdout.write(json.dumps(answer))


def _converted(source: Path, target: Path, most: int, wanted: str | None) -> dict[str, object]:
    try:
        with load_workbook(source) as book:
            names = [s.name for s in book.sheets_metadata if s.typ is SheetTypeEnum.WorkSheet]
            hidden = {s.name for s in book.sheets_metadata if s.visible is not SheetVisibleEnum.Visible}
            if wanted is not None and wanted not in names:
                return {"reason": "no_such_sheet", "sheets": names}
            order = [wanted] if wanted is not None else sorted(names, key=lambda name: name in hidden)
            return _first_filled(book, order, target, most) | {"sheets": names}
    except PasswordError:
        return {"reason": "encrypted"}
    except MemoryError:
        return {"reason": "too_large"}
    except (CalamineError, WorksheetNotFound, OSError, ValueError):
        return {"reason": "damaged"}


def _first_filled(book: CalamineWorkbook, names: list[str], target: Path, most: int) -> dict[str, object]:
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if not sheet.height or not sheet.width:
            continue
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in _rows(sheet.iter_rows()):
                writer.writerow(row)
                if file.tell() > most:
                    return {"reason": "too_large"}
        return {"sheet": name}
    return {"reason": "empty"}


def _rows(rows: Iterator[Sequence[object]]) -> Iterator[list[str]]:
    for row in rows:
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    """A cell as text that the typing reads back: ISO dates and times, a point for decimals."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
        case datetime() | date() | time():
            return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


if __name__ == "__main__":
    _main()
