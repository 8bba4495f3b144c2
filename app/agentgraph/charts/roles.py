"""What each column of a result is to a chart: time, quantity, ordered step or plain category."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import combinations, pairwise

from app.agentgraph.formats import fold, name_words, names_a_year, word_set
from app.connectors.base import Cell, Column, ResultSet
from app.connectors.catalog import DataType


class Role(StrEnum):
    """How a column can be shown."""

    TEMPORAL = "temporal"
    QUANTITATIVE = "quantitative"
    ORDINAL = "ordinal"
    NOMINAL = "nominal"


class Grain(StrEnum):
    """Step of moments, from the coarsest to the finest; columns are never read as weeks or hours, only joined so."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class ColumnRole:
    """One column of a result as a chart sees it."""

    index: int
    name: str
    role: Role
    distinct: int
    """Different values, empty ones apart."""
    nulls: int
    longest: int
    """Characters of its longest value."""
    grain: Grain | None = None
    low: float = 0.0
    high: float = 0.0
    integral: bool = False
    code: bool = False
    """Numbers or marks that name something, such as an id or a postal code."""
    averaged: bool = False
    """Values that may not be added up: averages, shares, rates."""
    counted: bool = False
    """A number of things."""

    @property
    def added(self) -> bool:
        """Whether its values are sums or counts, so that adding them up is right."""
        return self.counted or bool(ADDED_WORDS & set(name_words(self.name)))

    @property
    def holds_months(self) -> bool:
        """Whether its values are the numbers of the months."""
        named = bool(set(name_words(self.name)) & MONTH_WORDS)
        return named and self.role is Role.ORDINAL and self.low >= 1 and self.high <= 12


CODE_WORDS = word_set(
    "id ids codigo cod cd code sq sequencial cep zip cpf cnpj ddd isbn uuid phone telefone fone siafi ibge "
    "matricula key chave iso"
)
AVERAGE_WORDS = word_set(
    "media avg average mean mediana median percentual percentage percent pct porcentagem share taxa rate "
    "ratio razao proporcao min max minimo maximo minimum maximum expectativa expectancy per por gap indice "
    "index exp"
)
COUNTED_WORDS = word_set("count quantidade qtd qtde contagem n num numero quantos how many")
ADDED_WORDS = word_set("sum soma total totals totais")
STEP_WORDS = word_set(
    "mes month dia day hora hour trimestre quarter semana week semestre weekday bimestre decada decade"
)
MONTH_WORDS = word_set("mes month")
_MOMENTS: tuple[tuple[re.Pattern[str], Grain], ...] = (
    (re.compile(r"(1[5-9]|2[01])\d{2}"), Grain.YEAR),
    (re.compile(r"\d{4}-?[QT][1-4]", re.IGNORECASE), Grain.QUARTER),
    (re.compile(r"\d{4}-(0[1-9]|1[0-2])"), Grain.MONTH),
    (re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?"), Grain.DAY),
    (re.compile(r"\d{2}/\d{2}/\d{4}"), Grain.DAY),
    (re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"), Grain.MOMENT),
)
_QUARTER = re.compile(r"(\d{4})-?[QT]([1-4])", re.IGNORECASE)
TOO_LARGE = 1e100
"""Sums and squares of smaller numbers stay finite."""
MAX_KEY_ROWS = 60
"""More rows than this, and a column of whole numbers is taken for a quantity even when its values are all different."""


def read_roles(result: ResultSet) -> tuple[ColumnRole, ...]:
    """The role of every column, in their order."""
    roles = [_read(i, column, [row[i] for row in result.rows]) for i, column in enumerate(result.columns)]
    return tuple(_find_integer_key(roles, result))


def as_number(cell: Cell) -> float | None:
    """The cell as a finite number, or None."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    try:
        value = float(cell)
    except (OverflowError, ValueError):
        return None
    return value if math.isfinite(value) and abs(value) < TOO_LARGE else None


def is_missing(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be shown: empty, or no finite number that can be drawn."""
    return cell is None or (
        isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) and as_number(cell) is None
    )


def as_moment(cell: Cell) -> datetime | None:
    """The moment that a date, a year or a text in a known form stands for; zone offsets are dropped."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - a chart shows the wall clock of the data
    grain = _grain_of(str(cell).strip()) if isinstance(cell, str | int) else None
    if grain is None:
        return None
    try:
        return _parse(str(cell).strip(), grain)
    except ValueError:
        return None


def _parse(text: str, grain: Grain) -> datetime:
    if grain is Grain.YEAR:
        text = f"{text}-01-01"
    elif grain is Grain.MONTH:
        text = f"{text}-01"
    elif quarter := _QUARTER.fullmatch(text):
        text = f"{quarter[1]}-{int(quarter[2]) * 3 - 2:02d}-01"
    elif "/" in text:
        text = f"{text[6:]}-{text[3:5]}-{text[:2]}"
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _grain_of(text: str) -> Grain | None:
    return next((grain for pattern, grain in _MOMENTS if pattern.fullmatch(text)), None)


def _read(index: int, column: Column, cells: Sequence[Cell]) -> ColumnRole:
    filled = [cell for cell in cells if not is_missing(cell)]
    words = set(name_words(column.name))
    base = ColumnRole(
        index=index,
        name=column.name,
        role=Role.NOMINAL,
        distinct=len(set(filled)),
        nulls=len(cells) - len(filled),
        longest=max((len(str(cell)) for cell in filled), default=0),
        code=bool(words & CODE_WORDS) and "(" not in column.name,
        averaged=bool(words & AVERAGE_WORDS),
        counted=bool(words & COUNTED_WORDS),
    )
    grain = _column_grain(column, filled)
    if grain is not None:
        return replace(base, role=Role.TEMPORAL, grain=grain)
    numbers = [value for cell in filled if (value := as_number(cell)) is not None]
    if not numbers or len(numbers) < len(filled) or column.type is DataType.BOOLEAN:
        return base
    return _read_numbers(base, numbers, words)


def _column_grain(column: Column, filled: Sequence[Cell]) -> Grain | None:
    """The coarsest grain that all values fit, or None when one is no moment at all."""
    if not filled:
        return None
    if all(isinstance(cell, int) and not isinstance(cell, bool) for cell in filled):
        return Grain.YEAR if _are_years(column.name, [int(str(cell)) for cell in filled]) else None
    grains = {_cell_grain(cell) for cell in filled}
    if None in grains or any(as_moment(cell) is None for cell in filled):
        return None
    finest = max((grain for grain in grains if grain is not None), key=list(Grain).index)
    moments = {moment for cell in filled if (moment := as_moment(cell)) is not None}
    return Grain.MONTH if finest is Grain.DAY and _are_months(moments) else finest


def _are_months(moments: set[datetime]) -> bool:
    """Days that are all the first of a month stand for the months."""
    return len(moments) >= 3 and all(moment.day == 1 for moment in moments)


def _cell_grain(cell: Cell) -> Grain | None:
    if isinstance(cell, datetime):
        return _grain_of(cell.replace(tzinfo=None).isoformat(" "))
    if isinstance(cell, date):
        return Grain.DAY
    return _grain_of(cell.strip()) if isinstance(cell, str) else None


def _are_years(name: str, values: list[int]) -> bool:
    """Whole numbers are years by their column's name, or when at least three of them rise one by one."""
    if not all(1500 <= value <= 2200 for value in values):
        return False
    rising = len(values) >= 3 and all(b - a == 1 for a, b in pairwise(values))
    return names_a_year(name) or rising


def _read_numbers(base: ColumnRole, numbers: list[float], words: set[str]) -> ColumnRole:
    integral = all(value.is_integer() for value in numbers)
    low, high = min(numbers), max(numbers)
    role = Role.QUANTITATIVE
    if base.code and integral:
        role = Role.NOMINAL
    elif integral and words & STEP_WORDS and low >= 0 and high <= 366 and not base.counted and not base.averaged:
        role = Role.ORDINAL
    return replace(base, role=role, low=low, high=high, integral=integral, code=base.code and role is Role.NOMINAL)


def _find_integer_key(roles: list[ColumnRole], result: ResultSet) -> list[ColumnRole]:
    """Turns whole numbers into steps when they are what tells the rows apart (cylinders, gears and a count of cars)."""
    keys = [role.index for role in roles if role.role is not Role.QUANTITATIVE]
    if len(result.rows) > MAX_KEY_ROWS or len(result.rows) < 2 or _tells_apart(keys, result):
        return roles
    able = [role for role in roles[:-1] if _may_be_key(role) and _measures_follow(role, roles)]
    pairs = [pair for pair in combinations(able, 2) if _measures_follow(pair[1], roles)]
    for found in [*((role,) for role in able), *pairs]:
        chosen = {role.index for role in found}
        if _tells_apart([*keys, *chosen], result):
            return [replace(role, role=Role.ORDINAL) if role.index in chosen else role for role in roles]
    return roles


def _may_be_key(role: ColumnRole) -> bool:
    return role.role is Role.QUANTITATIVE and role.integral and not role.counted and not role.averaged


def _measures_follow(role: ColumnRole, roles: list[ColumnRole]) -> bool:
    return any(later.role is Role.QUANTITATIVE for later in roles[role.index + 1 :])


def _tells_apart(indices: list[int], result: ResultSet) -> bool:
    return len({tuple(row[i] for i in indices) for row in result.rows}) == len(result.rows)


_NATURAL = (
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "segunda terca quarta quinta sexta sabado domingo",
    "seg ter qua qui sex sab dom",
    "monday tuesday wednesday thursday friday saturday sunday",
    "mon tue wed thu fri sat sun",
    "mon tues wed thur fri sat sun",
)


def natural_order(values: list[str]) -> dict[str, int] | None:
    """The place of each value when all are months or weekdays by name, else None. Weeks start on Monday (ISO 8601)."""
    folded = {value: re.sub(r"-feira$", "", fold(value).strip(" .")) for value in values}
    for names in _NATURAL:
        places = {name: place for place, name in enumerate(names.split())}
        if folded and all(word in places for word in folded.values()):
            return {value: places[word] for value, word in folded.items()}
    return None
