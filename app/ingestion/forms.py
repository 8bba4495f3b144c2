"""The ways in which a column's texts become values: each reads one text, and most also as an SQL expression.

An expression may refuse what `read` accepts (those few texts are read one by one), never the other way round.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Protocol

from app.connectors.catalog import DataType, Scalar
from app.ingestion.numbers import NumberFormat, NumberStyle, is_code
from app.ingestion.temporal import DateOrder, Moment, read_compact, read_moment, to_iso


class Form(Protocol):
    """How the texts of one column become values."""

    def read(self, text: str) -> Scalar:
        """The value of a stripped text that is no mark for a missing one; None when it does not fit."""
        ...

    def expression(self, operand: str) -> str | None:
        """DuckDB SQL that gives the value of the stripped text `operand` or NULL; None when there is no such SQL."""
        ...


@dataclass(frozen=True, slots=True)
class TextForm:
    """Texts stay what they are."""

    def read(self, text: str) -> Scalar:
        """The text itself."""
        return text

    def expression(self, operand: str) -> str | None:
        """The operand itself."""
        return operand


_SQL_PLAIN = {
    (NumberStyle.POINT, False): r"[+-]?[0-9]+(?:\.[0-9]+)?",
    (NumberStyle.COMMA, False): r"[+-]?[0-9]+(?:,[0-9]+)?",
}
_SQL_GROUPED = {
    (NumberStyle.POINT, True): r"[+-]?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)",
    (NumberStyle.COMMA, True): r"[+-]?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)",
    (NumberStyle.POINT, False): r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?",
    (NumberStyle.COMMA, False): r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?",
}


@dataclass(frozen=True, slots=True)
class NumberForm:
    """Whole numbers or decimals in one style."""

    format: NumberFormat

    def read(self, text: str) -> Scalar:
        """The number, None also for codes with leading zeros among whole numbers and for what is not finite."""
        value = self.format.read(text)
        if value is None or not math.isfinite(value):
            return None
        return None if self.format.is_integer and is_code(text.lstrip("+-")) else value

    def expression(self, operand: str) -> str | None:
        """A cast of what a strict pattern lets through; units are taken off first."""
        style = self.format.style
        if style not in (NumberStyle.POINT, NumberStyle.COMMA):
            return None
        patterns = _SQL_PLAIN if self.format.is_plain else _SQL_GROUPED
        number = operand
        if self.format.is_plain and self.format.is_integer:
            cast = f"TRY_CAST({operand} AS BIGINT)"
            return f"CASE WHEN CAST({cast} AS VARCHAR) = {operand} THEN {cast} END"
        if self.format.unit:
            number = f"replace(replace({operand}, {literal(self.format.unit)}, ''), ' ', '')"
        # A longer one would be infinite as a double.
        pattern = literal(patterns[style, self.format.is_integer])
        guard = f"strlen({number}) <= 300 AND regexp_full_match({number}, {pattern})"
        digits = number if self.format.is_plain else f"replace({number}, '{style.grouping}', '')"
        if style is NumberStyle.COMMA and not self.format.is_integer:
            digits = f"replace({digits}, ',', '.')"
        kind = "BIGINT" if self.format.is_integer else "DOUBLE"
        return f"CASE WHEN {guard} THEN TRY_CAST({digits} AS {kind}) END"


@dataclass(frozen=True, slots=True)
class BooleanForm:
    """Words for yes and no."""

    yes: frozenset[str]
    no: frozenset[str]

    def read(self, text: str) -> Scalar:
        """True or False, None for any other word."""
        word = text.lower()
        return True if word in self.yes else False if word in self.no else None

    def expression(self, operand: str) -> str | None:
        """A choice between the words."""
        word = f"lower({operand})"
        return f"CASE WHEN {is_one_of(word, self.yes)} THEN TRUE WHEN {is_one_of(word, self.no)} THEN FALSE END"


@dataclass(frozen=True, slots=True)
class MomentForm:
    """Dates, times of day, or both."""

    type: DataType
    order: DateOrder
    in_utc: bool = False
    """True when the column mixes offsets, so that all moments are moved to UTC."""
    offset: timedelta | None = None
    """The one offset of a column that does not mix them; the times stay as they were written."""
    formats: tuple[str, ...] = field(default=())
    """strptime formats of the plain ways of writing that occur."""

    def read(self, text: str) -> Scalar:
        """ISO 8601 text, None when the text is of another kind."""
        moment = read_moment(text, self.order)
        if moment is None or not self._fits(moment):
            return None
        return to_iso(moment, in_utc=self.in_utc, type_=self.type)

    def expression(self, operand: str) -> str | None:
        """strptime in the formats that occur, years before 1000 refused."""
        if not self.formats or self.in_utc:
            return None
        listed = ", ".join(literal(form) for form in self.formats)
        parsed = f"try_strptime({operand}, [{listed}])"
        if self.type is DataType.TIME:
            return f"CAST({parsed} AS TIME)"
        kind = "DATE" if self.type is DataType.DATE else "TIMESTAMP"
        guard = f"year({parsed}) BETWEEN 1000 AND 2199 AND NOT contains({operand}, '  ')"
        if self.type is DataType.DATE:
            guard += f" AND CAST({parsed} AS DATE) = {parsed}"
        return f"CASE WHEN {guard} THEN CAST({parsed} AS {kind}) END"

    def _fits(self, moment: Moment) -> bool:
        if self.type is DataType.TIME:
            return moment.day is None
        if self.type is DataType.DATE and moment.clock not in (None, time()):
            return False
        same_zone = self.in_utc or moment.clock is None or moment.offset == self.offset
        return moment.day is not None and same_zone


@dataclass(frozen=True, slots=True)
class CompactDateForm:
    """Dates of eight digits."""

    format: str

    def read(self, text: str) -> Scalar:
        """ISO 8601 text, None when the digits are no date."""
        found = read_compact(text, self.format)
        return found.isoformat() if found else None

    def expression(self, operand: str) -> str | None:
        """strptime of exactly eight digits."""
        parsed = f"try_strptime({operand}, {literal(self.format)})"
        guard = f"regexp_full_match({operand}, '[0-9]{{8}}') AND year({parsed}) BETWEEN 1900 AND 2100"
        return f"CASE WHEN {guard} THEN CAST({parsed} AS DATE) END"


def is_one_of(operand: str, texts: Iterable[str]) -> str:
    """SQL that tells whether `operand` is one of `texts`.

    Not by IN: DuckDB makes a join of a long list, however it is written, and a join loses the order of the rows.
    """
    return f"regexp_full_match({operand}, {literal('|'.join(re.escape(text) for text in sorted(texts)))})"


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + re.sub("'", "''", text) + "'"
