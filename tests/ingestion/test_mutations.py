"""Broken files: each becomes a table or is refused with a reason, and nothing is left behind."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.errors.files import FileRejected
from app.ingestion.options import IngestLimits
from app.ingestion.pipeline import ingest
from app.schemas.read_options import FileOptions
from app.services.files.read_options import options_of, stored_options
from tests.ingestion.mutations import Mutant, mutant, seeds

SEEDS = seeds([Path(__file__).parents[1] / "data"])


def _outcome(given: Mutant, folder: Path) -> str:
    source, out = folder / "source", folder / "out"
    source.write_bytes(given.content)
    try:
        options = options_of(stored_options(FileOptions.model_validate(given.options)))
        report = ingest(source, out, name=given.name, options=options, limits=IngestLimits(max_columns=300))
    except ValidationError:
        return "options refused"
    except FileRejected as error:
        assert not list(out.iterdir()), "a refused file left something behind"
        return str(error.fields["reason"])
    assert sorted(path.name for path in out.iterdir()) == ["data.sqlite", "values.sqlite"]
    return "ready" if report.rows else "no rows"


@pytest.mark.parametrize("block", range(4))
def test_every_broken_file_becomes_a_table_or_is_refused_with_a_reason(block: int, tmp_path: Path) -> None:
    outcomes = set()
    for number in range(block * 40, block * 40 + 40):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes.add(_outcome(mutant(number, SEEDS), folder))

    assert "ready" in outcomes
