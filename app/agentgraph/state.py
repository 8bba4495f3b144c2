"""What travels through the graph: data only, every key declared, because LangGraph drops the others without a word."""

from dataclasses import dataclass, field
from typing import TypedDict

from app.agentgraph.agents.schema_text import SchemaContext
from app.agentgraph.agents.suggestion import Suggestion
from app.agentgraph.context import AgentOptions, Clarification
from app.agentgraph.forecasting.horizon import Horizon
from app.agentgraph.forecasting.series import Series
from app.agentgraph.intent import Intent
from app.agentgraph.memory import Memory, Turn
from app.agentgraph.outcome import (
    AnsweredBy,
    Confidence,
    DrawnChart,
    Forecast,
    Outcome,
    RefinedAnswer,
    RefinedQuestion,
    Step,
)
from app.agentgraph.trust import Trust
from app.connectors.base import CheckedStatement, ResultSet
from app.core.i18n import Language


@dataclass(frozen=True, slots=True)
class Finding:
    """What answers the question: the statement, its rows, the sentence, and how far it can be trusted."""

    sql: str
    result: ResultSet
    tables: tuple[str, ...]
    answer: str
    answered_by: AnsweredBy
    confidence: Confidence
    confidence_reasons: tuple[str, ...] = ()
    reading: str | None = None
    assumptions: tuple[str, ...] = field(default=())
    columns: tuple[str, ...] = ()
    """What the statement reads, as `table.column`."""
    limited_tables: tuple[str, ...] = ()


def finding_of(
    statement: CheckedStatement,
    result: ResultSet,
    trusted: Trust,
    *,
    answer: str,
    answered_by: AnsweredBy,
    reading: str | None = None,
    assumptions: tuple[str, ...] = (),
) -> Finding:
    """The finding of a statement that ran, with how far it was judged to be trusted."""
    return Finding(
        sql=statement.shown,
        result=result,
        tables=statement.tables,
        answer=answer,
        answered_by=answered_by,
        confidence=trusted.confidence,
        confidence_reasons=trusted.reasons,
        columns=trusted.columns,
        limited_tables=trusted.limited_tables,
        reading=reading,
        assumptions=assumptions,
    )


class GraphState(TypedDict, total=False):
    """One question on its way to its outcome."""

    question: str
    """As it was asked."""
    language: Language
    """In which the answer is written."""
    memory: Memory
    """The conversation before the question; without turns where there is none."""
    clarifications: tuple[Clarification, ...]
    """What the user was asked back, and answered; the run goes on with it."""
    intent: Intent
    """What the words of the question ask for beside rows."""
    horizon: Horizon
    """How far the question looks into the future; absent when it is about what is known."""
    history: Series
    """The regular series that a forecast goes on from."""
    forecast: Forecast
    """What was forecast."""
    steps: tuple[Step, ...]
    """What the planner reads together; empty when the question goes on from one that was not the planner's."""
    continues: str
    """The question that this one goes on from."""
    cache_key: str
    """Under what the answer is kept; empty for never."""
    repeat: Turn
    """The turn whose statement is run once more, because only another chart is wanted."""
    refined_question: RefinedQuestion
    """What question refinement made of it; absent when it was not asked for or failed."""
    schema: SchemaContext
    """The part of the source that is put before a model; absent on the planner's path."""
    suggestion: Suggestion
    """A valid query of the processing agent that was not executed."""
    finding: Finding
    """Set by whichever step answered."""
    outcome: Outcome
    """Set as soon as the end is known: by a short cut, by the cache, or by the last step."""
    compared: int
    """Queries whose rows were compared, the first included; absent where none had to be."""
    chart: DrawnChart
    chart_reason: str
    """Why there is no chart."""
    refined_answer: RefinedAnswer
    """What answer refinement did."""
    refined_text: str
    """The refined wording, when it was accepted."""


def grounds_of(state: GraphState) -> str:
    """The user's own words: numbers in them are no invention of a model."""
    return " ".join([question_of(state), *(clarified.reply for clarified in state["clarifications"])])


def question_of(state: GraphState) -> str:
    """The question to work on: the refined one when there is one."""
    refined = state.get("refined_question")
    return refined.refined if refined else state["question"]


def is_last_word(state: GraphState, options: AgentOptions) -> bool:
    """Whether people read the sentence of a finding as it is: no comparison, refinement or forecast comes after it."""
    may_change = options.advanced_mode or options.candidates > 1
    return "horizon" not in state and not (may_change and options.model is not None)
