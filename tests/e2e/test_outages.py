"""The proof of outages, small: a silent database and a silent Valkey, and a disk that is full."""

import pytest

from benchmarks.prove_outages import prove


@pytest.mark.timeout(600)
def test_nothing_is_slow_or_untold_because_something_is_down() -> None:
    wrong = prove(["postgresql silent", "valkey silent", "storage full"])
    assert wrong == {"postgresql silent": 0, "valkey silent": 0, "storage full": 0}
