"""What was backed up while it served and then deleted is there again, and a conversation goes on."""

from pathlib import Path

import pytest

from benchmarks.prove_backup import prove


@pytest.mark.timeout(900)
def test_what_was_deleted_is_there_again_and_a_conversation_goes_on(tmp_path: Path) -> None:
    zeros = prove(tmp_path)
    assert len(zeros) == 7
    assert zeros == dict.fromkeys(zeros, 0)
