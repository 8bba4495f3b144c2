"""Values that a reader's attributes may have, and the literals that stand for them in each dialect."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlglot import exp

from app.connectors.sql_gate.lexical import has_forbidden_characters
from app.connectors.sql_gate.rules import Rule, refuse

Value = str | bool | int | float | Decimal | date | None
"""One attribute of whoever asks; `date` without a time."""

MAX_CHARS = 1_000
"""Longest text that an attribute may be, in characters."""
MAX_ITEMS = 500
"""Most values that one attribute may have."""
_LARGEST = 2**63


class Kind(StrEnum):
    """What a bound value is to the engine."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Bound:
    """A value as its kind and its digits or letters: unlike Python's, 1, 1.0 and True of these are never equal."""

    kind: Kind
    text: str

    @classmethod
    def of(cls, value: Value) -> "Bound":
        """Raises RefusedByPolicy for a value that no literal can stand for."""
        match value:
            case None:
                return cls(Kind.NULL, "")
            case bool():
                return cls(Kind.BOOLEAN, "true" if value else "")
            case str():
                return cls(Kind.TEXT, _text(value))
            case int() if -_LARGEST < value < _LARGEST:
                return cls(Kind.NUMBER, str(value))
            case float() if math.isfinite(value):
                return cls(Kind.NUMBER, repr(value))
            case Decimal() if value.is_finite() and abs(value.adjusted()) < MAX_CHARS:
                return cls(Kind.NUMBER, f"{value:f}")
            case date() if not isinstance(value, datetime):
                return cls(Kind.DATE, value.isoformat())
        raise _unfit()

    def literal(self, dialect: str) -> exp.Expr:
        """The value as a node of the tree; the generator of `dialect` writes its quotes."""
        match self.kind:
            case Kind.TEXT:
                # Without the N, SQL Server first turns a text into a code page that may lack its letters.
                return exp.National(this=self.text) if dialect == "tsql" else exp.Literal.string(self.text)
            case Kind.NUMBER:
                number = exp.Literal.number(self.text.lstrip("-"))
                return exp.Neg(this=number) if self.text.startswith("-") else number
            case Kind.BOOLEAN:
                return exp.Boolean(this=bool(self.text))
            case Kind.DATE:
                text = exp.Literal.string(self.text)  # SQLite keeps dates as such texts.
                return text if dialect == "sqlite" else exp.Cast(this=text, to=exp.DataType.build("date"))
        return exp.Null()


def _text(value: str) -> str:
    if len(value) > MAX_CHARS or has_forbidden_characters(value):
        raise _unfit()
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _unfit() from None
    return value


def _unfit() -> Exception:
    return refuse(Rule.ATTRIBUTE, "an attribute has a value that no filter can use")
