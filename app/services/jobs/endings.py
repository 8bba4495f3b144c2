"""How a run's outcome, or what kept it from one, is stored and told."""

from dataclasses import asdict
from typing import Any

from app.agentgraph.outcome import Failure, Outcome, OutcomeKind
from app.core import errors
from app.core.errors import AgentGraphError
from app.core.i18n import Language, Text
from app.models import QueryState
from app.repositories.queries import Ending
from app.services import results
from app.services.results import json_value

CODE_OF_KIND = {
    OutcomeKind.NEEDS_INPUT: errors.Ambiguous.code,
    OutcomeKind.NOT_ANSWERABLE: errors.NotAnswerable.code,
    OutcomeKind.REFUSED: errors.RefusedByPolicy.code,
    OutcomeKind.FAILED: errors.QuestionError.code,
}
"""Code of an outcome that brings none of its own."""
STATE_OF_KIND = {
    OutcomeKind.ANSWERED: QueryState.SUCCEEDED,
    OutcomeKind.NEEDS_INPUT: QueryState.NEEDS_INPUT,
}
"""Where a query stands after an outcome; FAILED after any other."""
DETAILS = (
    "reading",
    "assumptions",
    "confidence",
    "confidence_reasons",
    "attempts",
    "read_from",
    "extracts",
    "tables",
    "columns",
    "limited_tables",
    "forecast",
    "steps",
    "continues",
    "resembles",
    "refined_question",
    "refined_answer",
    "calls",
    "timings",
    "chart_reason",
    "cache_age_s",
)
"""Fields of an outcome that are stored together."""


CLOSED_RULES = frozenset({"source"})
"""Rules of an ambiguity that nothing but one of the options resolves."""


def ending_of(outcome: Outcome, rows: bytes | None, *, can_wait: bool) -> Ending:
    """The stored form of `outcome`; anything but an answer or a question back is a failed query with a code.

    One that asks back where nobody is there to reply (`can_wait` is False) is ambiguous.
    """
    state, result = STATE_OF_KIND.get(outcome.kind, QueryState.FAILED), outcome.result
    if state is QueryState.NEEDS_INPUT and not can_wait:
        state = QueryState.FAILED
    everything = asdict(outcome)
    return Ending(
        state=state,
        language=outcome.language.value,
        outcome=outcome.kind.value,
        answer=json_value(outcome.answer) if outcome.answer else None,
        answered_by=None if outcome.answered_by is None else outcome.answered_by.value,
        sql=json_value(outcome.sql),
        chart=json_value(everything["chart"]),
        error=_error(outcome) if state is QueryState.FAILED else None,
        input_request=_input_request(outcome) if state is QueryState.NEEDS_INPUT else None,
        details={name: json_value(everything[name]) for name in DETAILS},
        row_count=None if result is None else len(result.rows),
        truncated=result is not None and result.truncated,
        columns=None if result is None else results.columns_of(result),
        rows=rows,
    )


def ending_by(error: AgentGraphError, language: Language) -> Ending:
    """The end of a query that an error kept from any outcome."""
    return Ending(state=QueryState.FAILED, outcome=OutcomeKind.FAILED.value, error=stored_error(error, language))


def stored_error(error: AgentGraphError, language: Language) -> dict[str, Any]:
    """`{code, detail, fields}` of an error."""
    return {
        "code": error.code,
        "detail": json_value(error.sentence(language)),
        "fields": json_value(error.fields),
    }


def error_from(stored: dict[str, Any], **fields: object) -> AgentGraphError:
    """The error that was stored, to be raised again, with more machine fields."""
    kind = _by_code(AgentGraphError).get(stored["code"], errors.QuestionError)
    sentence = str(stored["detail"]).replace("{", "{{").replace("}", "}}")
    return kind(Text(en=sentence, pt=sentence), **{**stored.get("fields", {}), **fields})


def _error(outcome: Outcome) -> dict[str, Any]:
    failure = outcome.failure or Failure(code=CODE_OF_KIND[outcome.kind], detail=outcome.answer)
    stored: dict[str, Any] = json_value(asdict(failure))
    return stored


def _input_request(outcome: Outcome) -> dict[str, Any]:
    failure = outcome.failure or Failure(code=errors.Ambiguous.code, detail=outcome.answer)
    request = {
        "question": failure.detail,
        "options": outcome.options,
        "is_open": failure.fields.get("rule") not in CLOSED_RULES,
    }
    stored: dict[str, Any] = json_value(request)
    return stored


def _by_code(root: type[AgentGraphError]) -> dict[str, type[AgentGraphError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found = {**_by_code(child), **found} if child.code == root.code else {**found, **_by_code(child)}
    return found
