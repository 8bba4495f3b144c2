"""Days, weeks and months begin and end at the midnights of their time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import ValidationFailed
from app.core.periods import Period, bounds, has_whole_hours, zone_of


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        (Period.DAY, "2026-03-31T00:00:00-03:00", "2026-04-01T00:00:00-03:00"),
        (Period.WEEK, "2026-03-30T00:00:00-03:00", "2026-04-06T00:00:00-03:00"),
        (Period.MONTH, "2026-03-01T00:00:00-03:00", "2026-04-01T00:00:00-03:00"),
    ],
)
def test_period_holds_the_moment_in_its_zone(period: Period, since: str, until: str) -> None:
    found = bounds(period, datetime(2026, 4, 1, 1, tzinfo=UTC), zone_of("America/Sao_Paulo"))
    assert found == (datetime.fromisoformat(since), datetime.fromisoformat(until))


def test_the_day_of_the_clock_change_has_another_length() -> None:
    since, until = bounds(Period.DAY, datetime(2026, 3, 29, 12, tzinfo=UTC), zone_of("Europe/Berlin"))
    assert until.astimezone(UTC) - since.astimezone(UTC) == timedelta(hours=23)


def test_december_is_followed_by_january() -> None:
    since, until = bounds(Period.MONTH, datetime(2026, 12, 31, 23, tzinfo=UTC), zone_of("UTC"))
    assert (since.isoformat()[:10], until.isoformat()[:10]) == ("2026-12-01", "2027-01-01")


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="Mars/Base"):
        zone_of("Mars/Base")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", True), ("America/Sao_Paulo", True), ("Asia/Kolkata", False), ("Australia/Lord_Howe", False)],
)
def test_some_zones_begin_their_hours_within_ours(zone: str, expected: bool) -> None:
    assert has_whole_hours(zone_of(zone), datetime(2026, 7, 1, tzinfo=UTC)) is expected
