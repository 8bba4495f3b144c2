"""Words without their accidents, from any number of threads."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from app.agentgraph.planner.words import stems


@pytest.fixture
def eager_switching() -> Iterator[None]:
    """Threads take turns as often as the interpreter can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_stems_are_the_same_in_many_threads_as_in_one(eager_switching: None) -> None:
    endings = ("ation", "ement", "ingly", "ization", "fulness", "iveness", "ational", "ousness")
    words = ["".join(parts) for parts in product("bcdfghlmnprst", "aeiou", "ntrs", endings)]
    stems.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(stems, words))
    stems.cache_clear()
    assert found == [stems(word) for word in words]
