"""The planner's door: one question over one catalog becomes a plan with its SQL, or a reason why not."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sqlglot import exp

from app.agentgraph.language import detect_language
from app.agentgraph.planner.confidence import THRESHOLD, judge
from app.agentgraph.planner.frame import Dimension, Frame, Grain
from app.agentgraph.planner.grammar import read
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.resolve import resolve
from app.agentgraph.planner.items import Items, Link, TableLink
from app.agentgraph.planner.joins import join_graph
from app.agentgraph.planner.lexicon import Phrase, Role, find_phrases
from app.agentgraph.planner.linking import Linker
from app.agentgraph.planner.reading import read_out
from app.agentgraph.planner.schema import Schema, read_schema
from app.agentgraph.planner.sql import Unjoinable, Writer, frame_columns, frame_tables, output_name, over_name
from app.agentgraph.planner.tokens import Token, TokenKind, tokenise
from app.connectors.catalog import Catalog, ValueIndex
from app.core.clock import now
from app.core.i18n import Language, Text

MAX_WORDS = 120
"""Longer questions are prose; reading them costs time and places nothing."""


class Shape(StrEnum):
    """What rows a plan gives."""

    SCALAR = "scalar"
    SERIES = "series"
    TABLE = "table"


class DeclineKind(StrEnum):
    """Why a question was not planned."""

    NOT_UNDERSTOOD = "not_understood"
    FORBIDDEN = "forbidden"
    PREDICTION = "prediction"
    REASONING = "reasoning"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What to expect of the rows, for the chart and the sentence."""

    shape: Shape
    measures: tuple[str, ...]
    """Names of the result's columns that hold figures."""
    dimensions: tuple[str, ...]
    """Names of the result's columns that tell rows apart."""
    grain: Grain | None
    """The unit of time of a series, when a date was cut to one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A question understood: one statement and how it was read."""

    sql: str
    reading: str
    confidence: float
    """0..1; at least `confidence.THRESHOLD`."""
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns that it uses, as `table.column`."""
    language: Language
    expects: Expectation


@dataclass(frozen=True, slots=True)
class Declined:
    """A question not answered, and why."""

    reason: Text
    kind: DeclineKind
    unplaced: tuple[str, ...] = ()
    """Words that could not be placed."""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as a frame, before anything is written."""

    frame: Frame
    confidence: float


def plan(
    question: str, catalog: Catalog, values: ValueIndex, *, language: Language | None = None, today: date | None = None
) -> Plan | Declined:
    """Reads `question` over `catalog`; deterministic for the same arguments.

    `today` anchors relative periods (default: the present UTC day). Blocks for the look-ups in `values`.
    """
    language = language or detect_language(question)
    understood = understand(question, catalog, values, language=language, today=today)
    return understood if isinstance(understood, Declined) else write(understood, catalog, language)


def understand(
    question: str, catalog: Catalog, values: ValueIndex, *, language: Language, today: date | None = None
) -> Understood | Declined:
    """The frame of `question`, or why there is none."""
    tokens = tokenise(question, language)
    declined = _decline_at_sight(tokens, catalog, language)
    if declined is not None:
        return declined
    schema = read_schema(catalog)
    items = Linker(schema, values, language, today or now().date()).link(tokens)
    draft = Draft(schema, language, items, resolve(items, schema))
    frame = read(draft)
    confidence = judge(draft)
    if frame is None or confidence.value < THRESHOLD:
        return not_understood(confidence.unplaced, confidence.value)
    return Understood(_in_order(frame, items), confidence.value)


def write(understood: Understood, catalog: Catalog, language: Language) -> Plan | Declined:
    """The statement of a frame and its reading in `language`; declined when its tables cannot be joined."""
    frame, schema = understood.frame, read_schema(catalog)
    try:
        statement = Writer(join_graph(catalog), catalog.dialect).write(frame)
    except Unjoinable:
        return not_understood((), understood.confidence)
    return Plan(
        sql=statement.sql(dialect=catalog.dialect),
        reading=read_out(frame, schema, language),
        confidence=understood.confidence,
        tables=_tables(statement, schema),
        columns=tuple(f"{c.table}.{c.name}" for c in frame_columns(frame) if not c.is_place),
        language=language,
        expects=_expectation(frame),
    )


def _in_order(frame: Frame, items: Items) -> Frame:
    """The frame with its tables in the order of the question: a table is joined to the one named before it."""
    read = frame_tables(frame)
    spoken: list[str] = []
    for item in items:
        links: tuple[Link, ...] = (*item.tables, *item.columns, *item.values)
        spoken += [link.table.name if isinstance(link, TableLink) else link.column.table for link in links[:1]]
    return replace(frame, mentioned=tuple(dict.fromkeys(name for name in spoken if name in read)))


def _decline_at_sight(tokens: tuple[Token, ...], catalog: Catalog, language: Language) -> Declined | None:
    words = [token.folded for token in tokens]
    phrases = list(find_phrases(words, language))
    if not catalog.tables or not words or len(words) > MAX_WORDS:
        return Declined(_NO_DATA if not catalog.tables else not_understood((), 0.0).reason, DeclineKind.NO_DATA)
    if _commands_writing(tokens, phrases):
        return Declined(_FORBIDDEN, DeclineKind.FORBIDDEN)
    if any(phrase.sense.role is Role.FORECAST for phrase in phrases):
        return Declined(_PREDICTION, DeclineKind.PREDICTION)
    ratios = {p.start for p in phrases if p.sense.role is Role.RATIO and p.end > p.start + 1}
    reasons = [p.start for p in phrases if p.sense.role is Role.REASON and p.start not in ratios]
    if any(start <= 3 for start in reasons):
        return Declined(_REASONING, DeclineKind.REASONING)
    return None


def _commands_writing(tokens: tuple[Token, ...], phrases: list[Phrase]) -> bool:
    """An order to change data: at the start, or after a small word or a sign that starts a clause."""
    silent = {
        p.start for p in phrases if p.sense.role in {Role.STOP, Role.ASK, Role.AND, Role.SOFT} and p.end == p.start + 1
    }
    for phrase in phrases:
        if phrase.sense.role is not Role.WRITE:
            continue
        before = range(phrase.start)
        after_sign = phrase.start > 0 and tokens[phrase.start - 1].text in {";", ":"}
        if all(i in silent or tokens[i].kind is TokenKind.SIGN for i in before) or after_sign:
            return True
    return False


def not_understood(unplaced: tuple[str, ...], confidence: float) -> Declined:
    """Declined for words that could not be placed, or because nothing to compute was found."""
    words = ", ".join(f"“{word}”" for word in unplaced).replace("{", "").replace("}", "")
    if not unplaced:
        return Declined(_UNCLEAR, DeclineKind.NOT_UNDERSTOOD, confidence=confidence)
    reason = Text(
        en=f"I could not match these words to the data: {words}. Name columns or stored values, or rephrase.",
        pt=f"Não consegui relacionar aos dados: {words}. Cite colunas ou valores existentes, ou reformule.",
    )
    return Declined(reason, DeclineKind.NOT_UNDERSTOOD, unplaced, confidence)


def _tables(statement: exp.Expr, schema: Schema) -> tuple[str, ...]:
    names = {table.name for table in schema.tables}
    return tuple(dict.fromkeys(t.name for t in statement.find_all(exp.Table) if t.name in names))


def _expectation(frame: Frame) -> Expectation:
    if frame.streak is not None:
        return Expectation(Shape.SCALAR, measures=("consecutive",), dimensions=(), grain=None)
    if frame.over is not None:
        return Expectation(Shape.SCALAR, measures=(over_name(frame),), dimensions=(), grain=None)
    dimensions = [output for output in frame.select if isinstance(output, Dimension)]
    grain = next((d.grain for d in dimensions if d.grain), None)
    series = grain is not None or any(d.column.is_year or d.column.is_month or d.column.is_time for d in dimensions)
    shape = (
        Shape.SCALAR if not dimensions and frame.figures else Shape.SERIES if series and frame.figures else Shape.TABLE
    )
    return Expectation(
        shape=shape,
        measures=tuple(output_name(figure) for figure in frame.figures),
        dimensions=tuple(d.grain.value if d.grain else d.column.name for d in dimensions),
        grain=grain,
    )


_NO_DATA = Text(en="This source has no tables to ask about.", pt="Esta fonte não tem tabelas para consultar.")
_FORBIDDEN = Text(
    en="I only read data; I do not change or delete any.", pt="Eu apenas consulto dados; não altero nem apago nada."
)
_PREDICTION = Text(
    en="This asks about the future; I only answer from the data that exist.",
    pt="Isto pergunta sobre o futuro; eu só respondo com os dados que existem.",
)
_REASONING = Text(
    en="This asks for reasons or advice; I only answer what the data say.",
    pt="Isto pede causas ou conselhos; eu só respondo o que os dados dizem.",
)
_UNCLEAR = Text(
    en="I did not understand what to compute from this data. Name columns or stored values, or rephrase.",
    pt="Não entendi o que calcular com estes dados. Cite colunas ou valores existentes, ou reformule.",
)
