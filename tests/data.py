"""Where tests find real data: the full sets when they are at hand, else the small copies kept in `tests/data/`."""

import json
import os
from pathlib import Path
from typing import Any

SMALL = Path(__file__).parent / "data"
FULL = Path(os.environ.get("AGENTGRAPH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


def data_path(relative: str) -> Path:
    """The file or folder `relative` in the full data when it exists there, else in the small copies."""
    full = FULL / relative
    return full if full.exists() else SMALL / relative


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The items of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
