"""Lets the SQL agent work until it has an answer, and checks the numbers that it writes."""

from langgraph.runtime import Runtime

from app.agentgraph.agents.sql import SqlAnswer, Task, answer_with_sql
from app.agentgraph.doubts import doubts
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import AnsweredBy, Confidence
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, grounds_of, question_of
from app.agentgraph.wording import numbers_not_in
from app.core.i18n import Text

_FOREIGN_NUMBERS = Text(
    en="The answer holds numbers that are neither in the rows nor in the question: {numbers}.",
    pt="A resposta contém números que não estão nas linhas nem na pergunta: {numbers}.",
)


async def sql_agent(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The agent's finding. Raises what the agent raises when there is none."""
    run = runtime.context
    task = Task(
        question=question_of(state),
        schema=state["schema"].text,
        language=state["language"],
        spec=run.required_model,
        suggestion=state.get("suggestion"),
        conversation=state["memory"].text,
        clarifications=state["clarifications"],
    )
    found = await answer_with_sql(task, run)
    if not run.context.options.advanced_mode:
        await run.tell_answer(found.text)
    return {"finding": await off_loop_if_large(found.result, _finding, found, state)}


def _finding(found: SqlAnswer, state: GraphState) -> Finding:
    foreign = numbers_not_in(found.text, result=found.result, question=grounds_of(state))
    confidence = Confidence.HIGH if found.result.rows else Confidence.MEDIUM
    reasons = doubts(found.result, state["language"])
    if foreign:
        confidence = Confidence.LOW
        reasons = (_FOREIGN_NUMBERS.to(state["language"], numbers=", ".join(foreign)), *reasons)
    suggestion = state.get("suggestion")
    return Finding(
        sql=found.statement.shown,
        result=found.result,
        tables=found.statement.tables,
        answer=found.text,
        answered_by=AnsweredBy.MODEL,
        confidence=confidence,
        confidence_reasons=reasons,
        assumptions=found.assumptions or (suggestion.assumptions if suggestion else ()),
    )
