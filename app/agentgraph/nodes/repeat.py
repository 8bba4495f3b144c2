"""Runs the statement of the answer before once more, through the gate like any other, for another chart of it."""

from langgraph.runtime import Runtime

from app.agentgraph.outcome import AnsweredBy
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState, finding_of
from app.agentgraph.trust import judge
from app.agentgraph.wording import describe
from app.core.errors import QuestionError

AUTHOR = "repeat"


async def repeat(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The finding; nothing when the statement no longer runs, and then the question is read like any other."""
    run, before = runtime.context, state["repeat"]
    try:
        statement, result = await run.execute(before.sql or "", author=AUTHOR)
    except QuestionError:
        return {}
    answer = describe(result, reading=before.reading, language=state["language"])
    await run.tell_answer(answer)
    trusted = await judge(run, statement, result, language=state["language"])
    return {
        "finding": finding_of(
            statement,
            result,
            trusted,
            answer=answer,
            answered_by=AnsweredBy.REPEAT,
            reading=before.reading,
        )
    }
