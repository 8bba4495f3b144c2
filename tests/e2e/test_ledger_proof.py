"""The proof of the ledger, small: mixed questions, faults, cancels and a killed worker, call by call."""

import pytest

from benchmarks.prove_ledger import prove


@pytest.mark.timeout(600)
def test_ledger_and_servers_tell_the_same_of_forty_questions() -> None:
    zeros = prove(count=40, kills=1, seed=1)
    assert len(zeros) == 4
    assert zeros == dict.fromkeys(zeros, 0)
