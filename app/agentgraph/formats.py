"""How numbers, dates and column names of a result are written for a reader in Portuguese or English."""

import math
import re
from datetime import date, datetime, time
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_scientific

from app.connectors.base import Cell
from app.core.i18n import Language, Text

LOCALES = {Language.PT: "pt_BR", Language.EN: "en"}
EMPTY = Text(en="(empty)", pt="(vazio)")
YES = Text(en="yes", pt="sim")
NO = Text(en="no", pt="não")

YEAR_WORDS = frozenset({"ano", "anos", "year", "years", "yr", "exercicio", "safra"})
COUNT_WORDS = frozenset(
    {"count", "quantidade", "qtd", "qtde", "contagem", "total", "n", "num", "sum", "soma", "media", "avg", "average"}
)
_FOLD = str.maketrans("áàâãäéêèëíîìïóôõòöúûùüçñ", "aaaaaeeeeiiiiooooouuuucn")
_CALL = re.compile(r"^\s*(\w+)\s*\((.*)\)\s*$", re.DOTALL)
_ALIAS = re.compile(r"^(count|sum|avg|min|max|median)(?:_([a-z]\w*)|(?<=count)()$)")
"""Names that the planner, and many people, give to what they compute: `sum_price`, `count`."""
_SQL_NAMES = {
    "count": Text(en="count of {of}", pt="quantidade de {of}"),
    "sum": Text(en="sum of {of}", pt="soma de {of}"),
    "total": Text(en="sum of {of}", pt="soma de {of}"),
    "avg": Text(en="average of {of}", pt="média de {of}"),
    "min": Text(en="smallest {of}", pt="menor {of}"),
    "max": Text(en="largest {of}", pt="maior {of}"),
    "median": Text(en="median of {of}", pt="mediana de {of}"),
}
MEASURE_COLUMN, VALUE_COLUMN = "@measure", "@value"
"""Names of the columns that a row of several numbers gets when it is turned upright."""
_OWN_NAMES = {
    MEASURE_COLUMN: Text(en="measure", pt="medida"),
    VALUE_COLUMN: Text(en="value", pt="valor"),
}
LONGEST_IN_FULL = 1e21
_EXPRESSION = Text(en="value", pt="valor")
_OPERATOR = re.compile(r"[()*+]|\s[-/<>=]\s|(?i:\bcase\s+when\b)")
_COUNT = Text(en="count", pt="quantidade")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")
_ISO_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, which is how word lists are written in this package."""
    return frozenset(text.split())


def fold(text: str) -> str:
    """`text` in lower case and without accents, for comparison only."""
    return text.casefold().translate(_FOLD)


def name_words(name: str) -> tuple[str, ...]:
    """The folded words of a column name: split at marks, digits and inner capitals."""
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W\d_]+", fold(spaced)))


def names_a_year(name: str) -> bool:
    """Whether a column called `name` holds years rather than a number counted by year."""
    words = set(name_words(name))
    return bool(words & YEAR_WORDS) and not words & (COUNT_WORDS | {"por", "per", "by"})


def column_label(name: str, language: Language) -> str:
    """`name` as people read it: SQL calls become words, formulas just "value", underscores spaces."""
    if name in _OWN_NAMES:
        return _OWN_NAMES[name].to(language)
    call = _CALL.match(name) or _ALIAS.match(name)
    if call is None:
        return _EXPRESSION.to(language) if _OPERATOR.search(name) or not name.strip(" _") else _plain_label(name)
    function, argument = call.group(1).lower(), (call.group(2) or "").strip().strip('"`[]')
    if function.startswith("count") and argument in {"*", "1", ""}:
        return _COUNT.to(language)
    text = _SQL_NAMES.get(function)
    if text is None or not re.fullmatch(r"(distinct\s+)?[\w\s.\"]+", argument, re.IGNORECASE):
        return _EXPRESSION.to(language)
    bare = re.sub(r"(?i)^distinct\s+", "", argument).replace('"', "").split(".")[-1]
    return text.to(language, of=_plain_label(bare))


def _plain_label(name: str) -> str:
    """Underscores become spaces; several words in capitals are shouting and become small."""
    words = name.replace("_", " ").split()
    label = " ".join(words)
    return label.lower() if len(words) > 1 and label.isupper() else label


def number(value: float | Decimal, language: Language, *, grouped: bool = True) -> str:
    """`value` with the marks of `language`: whole numbers in full, others to four digits or two decimals.

    Numbers of more digits than anybody reads are written with a power of ten.
    """
    if abs(float(value)) >= LONGEST_IN_FULL:
        return format_scientific(value, format="0.####E0", locale=LOCALES[language])
    whole = abs(float(value)) >= 1e15 or int(value) == value
    pattern = "#,##0" if whole else "#,##0." + "#" * _decimals(abs(float(value)))
    if not grouped:
        pattern = pattern.replace("#,##", "")
    return format_decimal(value, format=pattern, locale=LOCALES[language])


def _decimals(size: float) -> int:
    """Decimals that keep at least four significant digits, and two beside whole parts of any length."""
    if size >= 10:
        return 2
    zeros = 0 if size >= 0.1 or size == 0 else math.floor(-math.log10(size))
    return 3 if size >= 1 else min(zeros + 4, 12)


def cell_text(value: Cell, name: str, language: Language) -> str:
    """One cell for a reader; `name` is its column's, because a year is not grouped like an amount."""
    if value is None:
        return EMPTY.to(language)
    if isinstance(value, bool):
        return (YES if value else NO).to(language)
    if isinstance(value, int | float | Decimal):
        is_year = value == int(value) and 1000 <= value <= 2999 and names_a_year(name) if _finite(value) else False
        return number(value, language, grouped=not is_year) if _finite(value) else str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return _moment_text(value, language)


def _finite(value: float | Decimal) -> bool:
    return math.isfinite(value)


def _moment_text(value: str | date | datetime | time, language: Language) -> str:
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return (
            format_date(value, _day_pattern(language), locale=LOCALES[language])
            if midnight
            else format_datetime(value, _day_pattern(language) + " HH:mm", locale=LOCALES[language])
        )
    if isinstance(value, date):
        return format_date(value, _day_pattern(language), locale=LOCALES[language])
    if isinstance(value, time):
        return value.isoformat()
    return _stored_text(value, language)


def _stored_text(value: str, language: Language) -> str:
    """Text as it is stored, but ISO dates and months as the reader writes them."""
    if _ISO_MONTH.fullmatch(value):
        return f"{value[5:]}/{value[:4]}" if language is Language.PT else value
    if not _ISO.fullmatch(value):
        return value
    try:
        return _moment_text(datetime.fromisoformat(value), language)
    except ValueError:
        return value


def _day_pattern(language: Language) -> str:
    """Day first in Portuguese; in English ISO, which no reader can mistake."""
    return "dd/MM/yyyy" if language is Language.PT else "yyyy-MM-dd"
