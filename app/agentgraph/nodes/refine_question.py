"""Makes the question unambiguous with the real schema at hand; what fails a check is not used."""

from langgraph.runtime import Runtime

from app.agentgraph.agents.refinement import QuestionRefinement, reword_question
from app.agentgraph.outcome import RefinedQuestion
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState
from app.agentgraph.text import normalise_question
from app.agentgraph.wording import numbers_not_in
from app.connectors.base import ResultSet
from app.core.errors import ModelFailed

NO_ROWS = ResultSet(columns=(), rows=(), truncated=False, elapsed_s=0.0)
MIN_CHARS = 3
MAX_CHARS = 2000
"""Bounds of an acceptable refined question, in characters, as the product has always had them."""


async def refine_question(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The refined question with its changes; nothing when the model fails or breaks the rules."""
    run = runtime.context
    try:
        refinement = await reword_question(
            state["question"],
            models=run.models,
            spec=run.required_model,
            schema=state["schema"].text,
            language=state["language"],
            conversation=state["memory"].text,
        )
    except ModelFailed:
        return {}
    return {"refined_question": _accepted(state["question"], refinement, state["memory"].text)}


def _accepted(original: str, refinement: QuestionRefinement, conversation: str) -> RefinedQuestion:
    """The refinement, or the original with the reason why it was kept."""
    text = refinement.question.strip()
    if normalise_question(text) == normalise_question(original):
        return RefinedQuestion(original, original, (), refinement.reason)
    if not MIN_CHARS <= len(text) <= MAX_CHARS or numbers_not_in(
        text, result=NO_ROWS, question=f"{original} {conversation}"
    ):
        return RefinedQuestion(original, original, (), "kept: the rewording changed what was asked")
    return RefinedQuestion(original, text, tuple(refinement.changes), refinement.reason)
