"""How far an answer can be trusted, and why: from its statement, its rows, what was tried before, and stored values."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import Attempt, Confidence
from app.agentgraph.run import Run
from app.agentgraph.wording import numbers_not_in
from app.connectors.base import CheckedStatement, ResultSet
from app.connectors.catalog import Catalog, ColumnProfile, DataType, ValueIndex
from app.core.i18n import Language, Text

MAX_JUDGED_VALUES = 5_000
"""Distinct values of a column up to which its value index is sure to hold them all."""
MAX_LITERALS = 20
MAX_LOOKED_UP = 200
"""Matches looked at for one literal: several columns may hold the same text."""

_CUT = Text(
    en="The result was cut: it has more rows than the limit of {rows}.",
    pt="O resultado foi cortado: há mais linhas que o limite de {rows}.",
)
_NOTHING = Text(en="No row matches.", pt="Nenhuma linha corresponde.")
_FOREIGN_NUMBERS = Text(
    en="The answer holds numbers that are neither in the rows nor in the question: {numbers}.",
    pt="A resposta contém números que não estão nas linhas nem na pergunta: {numbers}.",
)
_REPAIRED = Text(
    en="Statements that did not run came before this one: {count}.",
    pt="Antes deste comando, outros não funcionaram: {count}.",
)
_UNMATCHED = Text(
    en="The statement compares with values that the data do not hold: {values}.",
    pt="O comando compara com valores que os dados não contêm: {values}.",
)
_ASSUMED = Text(en="Something was taken for granted; see the assumptions.", pt="Algo foi presumido; veja as premissas.")
_UNSURE = Text(
    en="Some words of the question fit the data only roughly.",
    pt="Algumas palavras da pergunta só se encaixam aproximadamente nos dados.",
)
_SOUND = Text(
    en="The first statement ran, and every value that it compares with is stored.",
    pt="O primeiro comando funcionou, e todo valor com que ele compara existe nos dados.",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement reads."""

    columns: tuple[str, ...]
    """As `table.column`, in their order in the statement."""
    literals: tuple[tuple[str, ColumnProfile, str], ...]
    """Texts that columns of text are compared with: table, column, text."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a reader may rely on."""

    confidence: Confidence
    reasons: tuple[str, ...]
    columns: tuple[str, ...]
    limited_tables: tuple[str, ...]
    """Tables of which rules of the source let the asker see a part only."""


async def judge(
    run: Run,
    statement: CheckedStatement,
    result: ResultSet,
    *,
    language: Language,
    written: tuple[str, str] | None = None,
    assumptions: Iterable[str] = (),
    most: Confidence = Confidence.HIGH,
) -> Trust:
    """The confidence in an answer with its reasons.

    `written` is what a model wrote and the words that it may take numbers from; `most` is what its author claims.
    """
    reading = read_statement(statement, run.context.catalog)
    level, reasons = most, [_UNSURE.to(language)] if most is not Confidence.HIGH else []
    foreign = await _foreign_numbers(result, written)
    if foreign:
        level = Confidence.LOW
        reasons.append(_FOREIGN_NUMBERS.to(language, numbers=", ".join(foreign)))
    failed = _failed(run.journal.attempts)
    unmatched = await unmatched_values(reading, run.context.values)
    if unmatched:
        reasons.append(_UNMATCHED.to(language, values=", ".join(unmatched)))
    if failed:
        reasons.append(_REPAIRED.to(language, count=failed))
    if not result.rows:
        reasons.append(_NOTHING.to(language))
    if (unmatched or failed or not result.rows) and level is Confidence.HIGH:
        level = Confidence.MEDIUM
    if any(assumptions):
        reasons.append(_ASSUMED.to(language))
    if not reasons:
        reasons.append(_SOUND.to(language))
    if result.truncated:
        reasons.append(_CUT.to(language, rows=len(result.rows)))
    return Trust(level, tuple(reasons), reading.columns, limited_tables(run, statement))


def read_statement(statement: CheckedStatement, catalog: Catalog) -> Reading:
    """The columns and literals of a checked statement; a column that several of its tables have counts for each."""
    tree = sqlglot.parse_one(statement.shown, read=statement.dialect)
    aliases = {table.alias_or_name.casefold(): table.name for table in tree.find_all(exp.Table)}
    read = list(statement.tables)
    found: dict[str, tuple[str, ColumnProfile]] = {}
    for column in tree.find_all(exp.Column):
        for table, profile in _profiles(column, read, aliases, catalog):
            found.setdefault(f"{table}.{profile.name}", (table, profile))
    if any(isinstance(star.parent, exp.Select) for star in tree.find_all(exp.Star)):
        for name in read:
            for profile in _columns(catalog, name):
                found.setdefault(f"{name}.{profile.name}", (name, profile))
    literals = [
        (table, profile, text)
        for column, text in _compared(tree)
        for table, profile in _profiles(column, read, aliases, catalog)[:1]
        if profile.type is DataType.TEXT
    ]
    return Reading(tuple(found), tuple(literals[:MAX_LITERALS]))


async def unmatched_values(reading: Reading, values: ValueIndex) -> tuple[str, ...]:
    """Those literals that their columns do not hold, as far as that is known without asking the source."""
    known = [(table, column, text) for table, column, text in reading.literals if _is_judged(column)]
    missing = [(table, column, text) for table, column, text in known if not _is_common(column, text)]
    unsure = [(table, column, text) for table, column, text in missing if not _is_complete(column)]
    held = await asyncio.to_thread(_held, unsure, values) if unsure else set()
    return tuple(dict.fromkeys(text for table, column, text in missing if (table, column.name, text) not in held))


def limited_tables(run: Run, statement: CheckedStatement) -> tuple[str, ...]:
    """The tables of the statement that a rule on rows or columns limits; the rules themselves are told to nobody."""
    found = ((name, run.context.catalog.table(name)) for name in dict.fromkeys(statement.tables))
    return tuple(name for name, table in found if table is not None and table.is_limited)


async def _foreign_numbers(result: ResultSet, written: tuple[str, str] | None) -> tuple[str, ...]:
    if written is None:
        return ()
    text, grounds = written
    return tuple(await off_loop_if_large(result, numbers_not_in, text, result=result, question=grounds))


def _failed(attempts: list[Attempt]) -> int:
    """Attempts that did not run; the last that did is the answer."""
    return sum(attempt.status != "succeeded" for attempt in attempts)


def _profiles(
    column: exp.Column, tables: list[str], aliases: dict[str, str], catalog: Catalog
) -> list[tuple[str, ColumnProfile]]:
    spoken = aliases.get(column.table.casefold()) if column.table else None
    named = [name for name in tables if spoken is None or name.split(".")[-1].casefold() == spoken.casefold()]
    wanted = column.name.casefold()
    return [
        (name, profile) for name in named for profile in _columns(catalog, name) if profile.name.casefold() == wanted
    ]


def _columns(catalog: Catalog, table: str) -> tuple[ColumnProfile, ...]:
    profile = catalog.table(table)
    return profile.columns if profile is not None else ()


def _compared(tree: exp.Expr) -> Iterable[tuple[exp.Column, str]]:
    for equal in tree.find_all(exp.EQ):
        for one, other in ((equal.this, equal.expression), (equal.expression, equal.this)):
            if isinstance(one, exp.Column) and isinstance(other, exp.Literal) and other.is_string:
                yield one, other.name
    for choice in tree.find_all(exp.In):
        if isinstance(choice.this, exp.Column):
            for item in choice.expressions:
                if isinstance(item, exp.Literal) and item.is_string:
                    yield choice.this, item.name


def _is_judged(column: ColumnProfile) -> bool:
    return column.distinct is not None and 0 < column.distinct <= MAX_JUDGED_VALUES


def _is_complete(column: ColumnProfile) -> bool:
    return column.distinct is not None and len(column.common) >= column.distinct


def _is_common(column: ColumnProfile, text: str) -> bool:
    return any(common.value == text for common in column.common)


def _held(wanted: list[tuple[str, ColumnProfile, str]], values: ValueIndex) -> set[tuple[str, str, str]]:
    matches = values.lookup([text for _, _, text in wanted], limit=MAX_LOOKED_UP)
    return {(match.table, match.column, match.value) for match in matches}
