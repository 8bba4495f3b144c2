"""Words the answer more fully (advanced mode) and keeps the original wherever a number would change."""

from langgraph.runtime import Runtime

from app.agentgraph.agents.refinement import reword_answer
from app.agentgraph.outcome import Confidence, RefinedAnswer
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, grounds_of, question_of
from app.agentgraph.wording import numbers_not_in
from app.connectors.base import ResultSet
from app.core.errors import ModelFailed
from app.core.i18n import Language, Text

NO_ROWS = ResultSet(columns=(), rows=(), truncated=False, elapsed_s=0.0)
LONGER = 1.1
"""A refined answer is an improvement when it is longer by this factor; the product's own measure from the beginning."""

_FAILED = Text(en="the model failed: {reason}", pt="o modelo falhou: {reason}")
_ALTERED = Text(
    en="the refined wording held numbers that are not in the data: {numbers}",
    pt="o texto refinado tinha números que não estão nos dados: {numbers}",
)
_LOST = Text(en="the refined wording had lost numbers of the answer", pt="o texto refinado perdeu números da resposta")
_FULLER = Text(en="says more than the original answer", pt="diz mais que a resposta original")
_AS_SHORT = Text(en="says about as much as the original", pt="diz quase o mesmo que a original")
_CHECKED = Text(en="every number is in the data", pt="todos os números estão nos dados")


async def refine_answer(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The refined wording when it is faithful, else the original and the reason."""
    run, finding, language = runtime.context, state["finding"], state["language"]
    try:
        text = await reword_answer(
            finding.answer,
            question=question_of(state),
            result=finding.result,
            models=run.models,
            spec=run.required_model,
            instructions=run.context.options.instructions,
            language=language,
        )
    except ModelFailed as error:
        return await _kept(finding, _FAILED.to(language, reason=error.fields["reason"]), run)
    fault = _unfaithful(text, state)
    return await (_kept(finding, fault, run) if fault else _used(text, finding, language, run))


def _unfaithful(text: str, state: GraphState) -> str | None:
    """Why the wording must not be used: a number that came in, or one that went."""
    finding, language = state["finding"], state["language"]
    grounds = f"{grounds_of(state)} {finding.answer}"
    foreign = numbers_not_in(text, result=finding.result, question=grounds)
    if foreign:
        return _ALTERED.to(language, numbers=", ".join(foreign))
    lost = numbers_not_in(finding.answer, result=NO_ROWS, question=text)
    return _LOST.to(language) if lost else None


async def _kept(finding: Finding, reason: str, run: Run) -> GraphState:
    await run.tell_answer(finding.answer)
    return {
        "refined_answer": RefinedAnswer(
            applied=False, original=finding.answer, quality=finding.confidence, reasons=(reason,)
        )
    }


async def _used(text: str, finding: Finding, language: Language, run: Run) -> GraphState:
    await run.tell_answer(text)
    fuller = len(text) > LONGER * len(finding.answer)
    quality = Confidence.HIGH if fuller else Confidence.MEDIUM
    reasons = ((_FULLER if fuller else _AS_SHORT).to(language), _CHECKED.to(language))
    return {
        "refined_text": text,
        "refined_answer": RefinedAnswer(applied=True, original=finding.answer, quality=quality, reasons=reasons),
    }
