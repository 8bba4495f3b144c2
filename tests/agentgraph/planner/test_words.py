"""Words without their accidents, from any number of threads."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

from app.agentgraph.planner.words import stems


def test_stems_are_the_same_in_many_threads_as_in_one() -> None:
    words = ["".join(parts) for parts in product("bcdfg", ("ation", "ement", "ingly", "ization", "fulness"), ("", "s"))]
    stems.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(stems, words * 20))
    stems.cache_clear()
    assert found == [stems(word) for word in words] * 20
