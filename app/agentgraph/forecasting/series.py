"""A regular series in the rows of a result, or why they are none."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from app.agentgraph.charts.roles import ColumnRole, Grain, as_moment, as_number
from app.agentgraph.charts.shape import Shape, read_shape
from app.agentgraph.forecasting.horizon import Horizon
from app.connectors.base import ResultSet
from app.core.i18n import Text

MIN_POINTS = 10
"""Fewer make no estimate of a level, a trend and their spread."""
MAX_POINTS = 2000
"""Older ones are left out: they say nothing more and take time."""
MAX_INTERPOLATED = 0.1
"""Share of periods without a value up to which averages are read between their neighbours."""
MAX_ZEROS = 0.5
"""Share of periods without rows up to which sums and counts are taken for zero."""
INCOMPLETE_SHARE = 0.1
"""A last period with more than this share of its days still to come is left out."""
_DEFAULT_STEPS = {Grain.YEAR: 3, Grain.QUARTER: 4, Grain.MONTH: 6, Grain.WEEK: 8, Grain.DAY: 14}
_LENGTHS = {Grain.DAY: 1.0, Grain.WEEK: 7.0, Grain.MONTH: 30.4375, Grain.QUARTER: 91.3125, Grain.YEAR: 365.25}
"""Mean days of a period."""
STEPS = {
    Grain.YEAR: Text(en="years", pt="anos"),
    Grain.QUARTER: Text(en="quarters", pt="trimestres"),
    Grain.MONTH: Text(en="months", pt="meses"),
    Grain.WEEK: Text(en="weeks", pt="semanas"),
    Grain.DAY: Text(en="days", pt="dias"),
}
CUT = Text(
    en="its history has more rows than the row limit, so the latest would be missing",
    pt="a história tem mais linhas que o limite, e faltariam as mais recentes",
)
NO_TIME = Text(en="the rows hold no series over time", pt="as linhas não formam uma série no tempo")
SEVERAL = Text(
    en="the rows hold several values for the same time; ask about one series",
    pt="as linhas têm vários valores para o mesmo tempo; pergunte por uma só série",
)
NO_NUMBERS = Text(en="the rows hold no quantity", pt="as linhas não têm uma quantidade")
IRREGULAR = Text(
    en="the series is not regular: too many periods have no value",
    pt="a série não é regular: há períodos demais sem valor",
)
SHORT = Text(
    en=f"the history is too short: at least {MIN_POINTS} periods are needed",
    pt=f"a história é curta demais: são necessários ao menos {MIN_POINTS} períodos",
)
PAST = Text(
    en="the data already reach that time; ask about it without a forecast",
    pt="os dados já chegam a esse tempo; pergunte sem pedir previsão",
)
TOO_FAR = Text(
    en="the history is too short to look that far ahead: at most half of its own length",
    pt="a história é curta demais para olhar tão longe: no máximo a metade da própria duração",
)


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each period, without gaps."""

    name: str
    """Column of the values."""
    grain: Grain
    moments: tuple[datetime, ...]
    """Begin of each period, in order."""
    values: tuple[float, ...]
    filled: int = 0
    """Periods that had no value of their own."""
    is_cut: bool = False
    """Whether an incomplete last period was left out."""

    def after(self, steps: int) -> datetime:
        """The begin of the period `steps` after the last."""
        return _moment(_place(self.moments[-1], self.grain) + steps, self.grain)


def read_series(result: ResultSet, question: str, *, until: date | None = None) -> Series | Text:
    """The series in `result`, or why there is none. `until` is the last day that the data hold, where it is known."""
    if result.truncated:
        return CUT
    shape = read_shape(result, question)
    if shape.time is None or shape.time.grain in {Grain.MOMENT, Grain.HOUR, None}:
        return NO_TIME
    if not shape.measures:
        return NO_NUMBERS
    measure = shape.measures[0]
    found: dict[datetime, float] = {}
    for moment, value in _points(result, shape, measure):
        if moment in found:
            return SEVERAL
        found[moment] = value
    return _regular(found, measure, _step(shape.time, found), until)


def steps_ahead(series: Series, horizon: Horizon) -> int | Text:
    """Periods to forecast, or why it cannot be done."""
    if horizon.year is not None:
        end = datetime(horizon.year, horizon.month or 12, 28 if horizon.month else 31)  # noqa: DTZ001 - a wall clock
        steps = _place(end, series.grain) - _place(series.moments[-1], series.grain)
    elif horizon.unit is not None:
        wanted = (horizon.count or 1) * _LENGTHS[horizon.unit] / _LENGTHS[series.grain]
        steps = max(1, round(wanted))
    else:
        steps = min(_DEFAULT_STEPS[series.grain], len(series.values) // 2)
    if steps <= 0:
        return PAST
    return TOO_FAR if steps > len(series.values) // 2 else steps


def _points(result: ResultSet, shape: Shape, measure: ColumnRole) -> list[tuple[datetime, float]]:
    found = []
    for row in result.rows:
        moment = as_moment(row[shape.time.index]) if shape.time is not None else None
        value = as_number(row[measure.index])
        month = 1 if shape.month is None else as_number(row[shape.month.index])
        if moment is None or value is None or month is None:
            continue
        found.append((moment if shape.month is None else moment.replace(month=int(month)), value))
    return found


def _step(time: ColumnRole, found: dict[datetime, float]) -> Grain:
    """The step between periods: a year with months beside it is months, days that are a week apart are weeks."""
    grain = time.grain or Grain.DAY
    if grain is Grain.YEAR and any(moment.month != 1 for moment in found):
        return Grain.MONTH
    days = sorted(found)
    weekly = len(days) > 1 and all((day - days[0]).days % 7 == 0 for day in days)
    return Grain.WEEK if grain is Grain.DAY and weekly else grain


def _regular(found: dict[datetime, float], measure: ColumnRole, grain: Grain, until: date | None) -> Series | Text:
    by_place = {_place(moment, grain): value for moment, value in found.items()}
    if len(by_place) < len(found):
        return SEVERAL
    if len(by_place) < MIN_POINTS:
        return SHORT
    places = range(min(by_place), max(by_place) + 1)
    missing = len(places) - len(by_place)
    most = MAX_ZEROS if measure.added else MAX_INTERPOLATED
    if missing > most * len(places):
        return IRREGULAR
    values = [by_place.get(place, 0.0) if measure.added else _between(by_place, place) for place in places]
    moments = [_moment(place, grain) for place in places]
    series = Series(measure.name, grain, tuple(moments[-MAX_POINTS:]), tuple(values[-MAX_POINTS:]), missing)
    series = _without_incomplete(series, until)
    return series if len(series.values) >= MIN_POINTS else SHORT


def _without_incomplete(series: Series, until: date | None) -> Series:
    """Leaves out a last period whose days have not all come yet."""
    if until is None:
        return series
    end = series.after(1).date()
    length = (end - series.moments[-1].date()).days
    if (end - until).days - 1 <= INCOMPLETE_SHARE * length or until < series.moments[-1].date():
        return series
    return replace(series, moments=series.moments[:-1], values=series.values[:-1], is_cut=True)


def _between(known: dict[int, float], place: int) -> float:
    if place in known:
        return known[place]
    before = max(other for other in known if other < place)
    after = min(other for other in known if other > place)
    return known[before] + (known[after] - known[before]) * (place - before) / (after - before)


def _place(moment: datetime, grain: Grain) -> int:
    """The number of the period that holds `moment`."""
    if grain is Grain.YEAR:
        return moment.year
    if grain is Grain.QUARTER:
        return moment.year * 4 + (moment.month - 1) // 3
    if grain is Grain.MONTH:
        return moment.year * 12 + moment.month - 1
    return moment.toordinal() if grain is Grain.DAY else moment.toordinal() // 7


def _moment(place: int, grain: Grain) -> datetime:
    if grain is Grain.YEAR:
        return datetime(place, 1, 1)  # noqa: DTZ001 - the wall clock of the data
    if grain is Grain.QUARTER:
        return datetime(place // 4, place % 4 * 3 + 1, 1)  # noqa: DTZ001
    if grain is Grain.MONTH:
        return datetime(place // 12, place % 12 + 1, 1)  # noqa: DTZ001
    return datetime.fromordinal(place if grain is Grain.DAY else place * 7)
