"""Draws the chart that suits the rows, or says why there is none."""

import logging

from langgraph.runtime import Runtime

from app.agentgraph.charts import NoChart, draw
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState, question_of
from app.core.i18n import Text

log = logging.getLogger(__name__)
_BROKEN = Text(en="the chart could not be drawn", pt="o gráfico não pôde ser desenhado")


async def chart(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The chart's specification. A defect in drawing costs the chart, not the answer."""
    try:
        result = state["finding"].result
        drawn = await off_loop_if_large(
            result,
            draw,
            result,
            question=question_of(state),
            wish=state["intent"].chart,
            language=state["language"],
        )
    except Exception:
        log.exception("a chart could not be drawn")
        return {"chart_reason": _BROKEN.to(state["language"])}
    if isinstance(drawn, NoChart):
        return {"chart_reason": drawn.reason.to(state["language"])}
    await runtime.context.tell_chart(drawn)
    return {"chart": drawn}
