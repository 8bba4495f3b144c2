"""The choice between kinds of chart that suit the same rows equally: proposed by a model, held to those kinds."""

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.messages import HumanMessage
from pydantic import BaseModel, ConfigDict

from app.agentgraph.agents.untrusted import plain, rows_block
from app.agentgraph.charts import ChartType
from app.agentgraph.llm import ModelCaller, ModelSpec
from app.agentgraph.prompts import load_prompt
from app.connectors.base import ResultSet

NODE = "chart"
PROMPT = load_prompt("chart", "kinds", "question", "rows")
SHOWN_ROWS = 5
MAX_QUESTION_CHARS = 1000


class ChartPick(BaseModel):
    """The kind of chart to draw."""

    model_config = ConfigDict(extra="forbid")

    type: str


async def pick_kind(
    question: str, *, result: ResultSet, kinds: Sequence[ChartType], models: ModelCaller, spec: ModelSpec
) -> ChartType:
    """The one of `kinds` that the model proposes, of which it sees a few rows; the first when it proposes another.

    Raises ModelFailed, ModelNotConfigured.
    """
    few = replace(result, rows=result.rows[:SHOWN_ROWS])
    words = PROMPT.fill(
        kinds=", ".join(kind.value for kind in kinds),
        question=plain(question, MAX_QUESTION_CHARS),
        rows=rows_block(few),
    )
    pick = await models.ask_for(spec, [HumanMessage(words)], ChartPick, node=NODE)
    return next((kind for kind in kinds if kind.value == pick.type), kinds[0])
