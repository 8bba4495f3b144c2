"""Tallies keep few keys and give percentiles that are near the truth."""

import pytest

from app.core.measures import MOST_KEYS, OTHER, Measure, Measures, percentile_s


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_percentile_is_right_to_a_class(share: float) -> None:
    measures = Measures()
    durations = [0.001 * number for number in range(1, 2001)]
    for elapsed_s in durations:
        measures.note(Measure.ROUTE, "GET /x", elapsed_s)
    tally = measures.take()[Measure.ROUTE, "GET /x"]
    true_s, told_s = durations[int(share * 2000) - 1], percentile_s(tally.classes, share)
    assert told_s is not None
    assert true_s / 1.6 < told_s < true_s * 1.6
    assert (tally.count, percentile_s([0] * len(tally.classes), share)) == (2000, None)


def test_keys_beyond_the_bound_count_together() -> None:
    measures = Measures()
    for number in range(MOST_KEYS + 50):
        measures.note(Measure.ROUTE, str(number))
    taken = measures.take()
    assert (len(taken), taken[Measure.ROUTE, OTHER].count) == (MOST_KEYS + 1, 50)
    assert measures.take() == {}


def test_what_could_not_be_stored_is_counted_once_more() -> None:
    measures = Measures()
    measures.note(Measure.QUEUE, "queries", 1.0, failed=True)
    taken = measures.take()
    measures.note(Measure.QUEUE, "queries", 2.0)
    measures.put_back(taken)
    tally = measures.take()[Measure.QUEUE, "queries"]
    assert (tally.count, tally.failures, tally.total_s, sum(tally.classes)) == (2, 1, 3.0, 2)
