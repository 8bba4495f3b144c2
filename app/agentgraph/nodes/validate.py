"""Decides what needs no data: empty questions, sources and models that are not there, greetings, writes."""

from langgraph.runtime import Runtime

from app.agentgraph.context import RunContext
from app.agentgraph.forecasting.horizon import read_horizon
from app.agentgraph.intent import Intent, greeting_reply, read_intent
from app.agentgraph.llm.registry import require_configured, resolve_model
from app.agentgraph.outcome import AnsweredBy, Failure, Outcome, OutcomeKind
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState
from app.core.errors import RefusedByPolicy, SourceMissing, ValidationFailed
from app.core.i18n import Language, Text

_EMPTY = Text(en="The question is empty.", pt="A pergunta está vazia.")
_WRITE = Text(
    en="questions can only read data, never change it",
    pt="perguntas só podem ler os dados, nunca alterá-los",
)
_REFUSED = Text(en="That was refused: {reason}.", pt="Isso foi recusado: {reason}.")


async def validate(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """Reads the intent and ends the run where no row has to be read. Raises what makes an answer impossible."""
    context, language = runtime.context.context, state["language"]
    if not state["question"].strip():
        raise ValidationFailed(_EMPTY, pointer="/question")
    if not context.catalog.tables:
        raise SourceMissing
    intent = read_intent(state["question"])
    outcome = _short_cut(intent, language)
    if outcome is not None:
        if outcome.answer:
            await runtime.context.tell_answer(outcome.answer)
        return {"intent": intent, "outcome": outcome}
    _require_models(context)
    return {"intent": intent, "horizon": read_horizon(state["question"])} if intent.prediction else {"intent": intent}


def _require_models(context: RunContext) -> None:
    """Raises for any model of the agent that cannot be called, before the first one is paid."""
    options = context.options
    for name in (options.model, options.processing_model if options.processing_enabled else None):
        if name:
            require_configured(resolve_model(name), context.models)


def _short_cut(intent: Intent, language: Language) -> Outcome | None:
    if intent.greeting:
        reply = greeting_reply(language)
        return Outcome(OutcomeKind.ANSWERED, language, answer=reply, answered_by=AnsweredBy.GREETING)
    if intent.write_request:
        sentence = _REFUSED.to(language, reason=_WRITE.to(language))
        failure = Failure(RefusedByPolicy.code, sentence, {"rule": "read_only"})
        return Outcome(OutcomeKind.REFUSED, language, failure=failure)
    return None
