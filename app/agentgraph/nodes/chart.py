"""Draws the chart that suits the rows, or says why there is none."""

import logging

from langgraph.runtime import Runtime

from app.agentgraph.agents.chart import pick_kind
from app.agentgraph.charts import ChartType, NoChart, draw, draw_forecast, draw_type, tied_types
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import DrawnChart
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState, question_of
from app.core.errors import ModelFailed
from app.core.i18n import Text

log = logging.getLogger(__name__)
_BROKEN = Text(en="the chart could not be drawn", pt="o gráfico não pôde ser desenhado")
_PROPOSED = Text(
    en="preferred by the model among the kinds that suit", pt="preferido pelo modelo entre os tipos que servem"
)


async def chart(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The chart's specification. A defect in drawing costs the chart, not the answer."""
    try:
        drawn = await _drawn(state, runtime.context)
    except Exception:
        log.exception("a chart could not be drawn")
        return {"chart_reason": _BROKEN.to(state["language"])}
    if isinstance(drawn, NoChart):
        return {"chart_reason": drawn.reason.to(state["language"])}
    await runtime.context.tell_chart(drawn)
    return {"chart": drawn}


async def _drawn(state: GraphState, run: Run) -> DrawnChart | NoChart:
    result, question, language = state["finding"].result, question_of(state), state["language"]
    if "forecast" in state:
        history = state["history"]
        known = list(zip(history.moments, history.values, strict=True))
        return draw_forecast(known, state["forecast"], language=language)
    kind = await _proposed(state, run)
    if kind is not None:
        drawn = await off_loop_if_large(
            result, draw_type, result, kind, question=question, language=language, reason=_PROPOSED
        )
        if isinstance(drawn, DrawnChart):
            return drawn
    wish = state["intent"].chart
    return await off_loop_if_large(result, draw, result, question=question, wish=wish, language=language)


async def _proposed(state: GraphState, run: Run) -> ChartType | None:
    """What a model prefers to the rules' first choice, asked on a tie by agents that pay for refinement as well."""
    options, result, question = run.context.options, state["finding"].result, question_of(state)
    if not options.advanced_mode or options.model is None:
        return None
    wish = state["intent"].chart
    kinds = await off_loop_if_large(result, tied_types, result, question=question, wish=wish)
    if len(kinds) < 2:
        return None
    try:
        kind = await pick_kind(question, result=result, kinds=kinds, models=run.models, spec=run.required_model)
    except ModelFailed as error:
        log.info("the model did not choose a chart: %s", error.fields["reason"])
        return None
    return None if kind is kinds[0] else kind
