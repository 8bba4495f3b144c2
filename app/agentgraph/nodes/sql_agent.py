"""Lets the SQL agent work until it has an answer, and checks the numbers that it writes."""

from langgraph.runtime import Runtime

from app.agentgraph.agents.conversation import history_wish
from app.agentgraph.agents.sql import SqlAnswer, Task, answer_with_sql
from app.agentgraph.outcome import AnsweredBy
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, finding_of, grounds_of, is_last_word, question_of
from app.agentgraph.trust import judge


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
        history=history_wish(state["horizon"].histories) if "horizon" in state else "",
    )
    found = await answer_with_sql(task, run)
    if is_last_word(state, run.context.options):
        await run.tell_answer(found.text)
    return {"finding": await _finding(found, state, run)}


async def _finding(found: SqlAnswer, state: GraphState, run: Run) -> Finding:
    suggestion = state.get("suggestion")
    assumptions = found.assumptions or (suggestion.assumptions if suggestion else ())
    trusted = await judge(
        run,
        found.statement,
        found.result,
        language=state["language"],
        written=None if "horizon" in state else (found.text, grounds_of(state)),
        assumptions=assumptions,
    )
    return finding_of(
        found.statement,
        found.result,
        trusted,
        answer=found.text,
        answered_by=AnsweredBy.MODEL,
        assumptions=assumptions,
    )
