"""The graph of one question: wiring only.

validate ─► recall ─► load_context ─► [refine_question] ─► [processing_agent] ─► sql_agent
   │           │           ▲                                      │                  │
   │           ├─► planner ┘ declined                             │ executed         │
   │           │      └────────── answered ───────────────────────┴──────────────────┤
   │           │ hit                                                                 ▼
   └───────────┴────────────────────────────────────────► finish ◄── [chart] ∥ [refine_answer]

- validate ends greetings and requests to write before anything is spent.
- follow_up, between validate and recall, finds what a question takes over from the one before. Where only another
  chart is wanted, repeat runs the statement before once more and goes to the closing steps; else, recall goes on.
- recall ends questions that the cache knows.
- planner comes first when no model is configured, or when the agent wants it to try before a model is paid.
- processing_agent ends the search when its query ran; else sql_agent goes on, with its valid suggestion or without.
- candidates compares the rows of further queries, where the agent wants it and the first is in doubt.
- forecast comes before the closing steps when the question is about the future: until then its history is looked for.
- chart and refine_answer run side by side.

Routers are async although they wait for nothing: LangGraph hands others to a thread, which costs more than the graph.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import perf_counter
from typing import Literal, Protocol

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from app.agentgraph.nodes.candidates import candidates
from app.agentgraph.nodes.chart import chart
from app.agentgraph.nodes.finish import finish
from app.agentgraph.nodes.follow_up import follow_up
from app.agentgraph.nodes.forecast import make_forecast
from app.agentgraph.nodes.load_context import load_context
from app.agentgraph.nodes.planner import planner
from app.agentgraph.nodes.processing_agent import processing_agent
from app.agentgraph.nodes.recall import recall
from app.agentgraph.nodes.refine_answer import refine_answer
from app.agentgraph.nodes.refine_question import refine_question
from app.agentgraph.nodes.repeat import repeat
from app.agentgraph.nodes.sql_agent import sql_agent
from app.agentgraph.nodes.validate import validate
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState
from app.core.tracing import span

Node = Callable[[GraphState, Runtime[Run]], Awaitable[GraphState]]


class ObservedNode(Protocol):
    """A node as LangGraph calls it, which passes the runtime by its name."""

    def __call__(self, state: GraphState, *, runtime: Runtime[Run]) -> Awaitable[GraphState]: ...


QuestionGraph = CompiledStateGraph[GraphState, Run, GraphState, GraphState]
Search = Literal["refine_question", "processing_agent", "sql_agent"]
Closing = Literal["candidates", "forecast", "chart", "refine_answer", "finish"]

CLOSING = ["candidates", "forecast", "chart", "refine_answer", "finish"]
"""LangGraph cannot read the targets of a router that gives a list from its type."""
NODES: dict[str, Node] = {
    "validate": validate,
    "follow_up": follow_up,
    "repeat": repeat,
    "recall": recall,
    "planner": planner,
    "load_context": load_context,
    "refine_question": refine_question,
    "processing_agent": processing_agent,
    "sql_agent": sql_agent,
    "candidates": candidates,
    "forecast": make_forecast,
    "chart": chart,
    "refine_answer": refine_answer,
    "finish": finish,
}


@lru_cache(maxsize=1)
def question_graph() -> QuestionGraph:
    """The compiled graph, made once a process; without a checkpointer, because finished calls are replayed instead."""
    graph = StateGraph(GraphState, context_schema=Run)
    for name, node in NODES.items():
        graph.add_node(name, _observed(name, node))
    graph.add_edge(START, "validate")
    graph.add_conditional_edges("validate", after_validate)
    graph.add_conditional_edges("follow_up", after_follow_up)
    graph.add_conditional_edges("repeat", after_repeat, ["recall", *CLOSING])
    graph.add_conditional_edges("recall", after_recall)
    graph.add_conditional_edges("planner", after_planner, ["load_context", *CLOSING])
    graph.add_conditional_edges("load_context", after_load_context)
    graph.add_conditional_edges("refine_question", after_refine_question)
    graph.add_conditional_edges("processing_agent", after_processing_agent, ["sql_agent", *CLOSING])
    graph.add_conditional_edges("sql_agent", closing, CLOSING)
    graph.add_conditional_edges("candidates", closing, CLOSING)
    graph.add_conditional_edges("forecast", closing, CLOSING)
    graph.add_edge("chart", "finish")
    graph.add_edge("refine_answer", "finish")
    graph.add_edge("finish", END)
    return graph.compile(name="question")


async def after_validate(state: GraphState) -> Literal["follow_up", "finish"]:
    """Short cuts need nothing more."""
    return "finish" if "outcome" in state else "follow_up"


async def after_follow_up(state: GraphState) -> Literal["repeat", "recall"]:
    """Another chart of the same rows needs neither cache nor reading."""
    return "repeat" if "repeat" in state else "recall"


async def after_repeat(state: GraphState, runtime: Runtime[Run]) -> Literal["recall"] | list[Closing]:
    """A statement that no longer runs leaves the question to the others."""
    return await closing(state, runtime) if "finding" in state else "recall"


async def after_recall(state: GraphState, runtime: Runtime[Run]) -> Literal["planner", "load_context", "finish"]:
    """A hit is the end; without a model, or when it may try first, the planner answers."""
    if "outcome" in state:
        return "finish"
    options = runtime.context.context.options
    return "planner" if options.model is None or options.planner_first else "load_context"


async def after_planner(state: GraphState, runtime: Runtime[Run]) -> Literal["load_context"] | list[Closing]:
    """What it answered is finished; what it declined goes to the model."""
    return await closing(state, runtime) if "finding" in state else "load_context"


async def after_load_context(state: GraphState, runtime: Runtime[Run]) -> Search:
    """Question refinement is optional."""
    wanted = runtime.context.context.options.refine_question
    return "refine_question" if wanted else await after_refine_question(state, runtime)


async def after_refine_question(_state: GraphState, runtime: Runtime[Run]) -> Literal["processing_agent", "sql_agent"]:
    """The processing agent is optional."""
    return "processing_agent" if runtime.context.context.options.processing_enabled else "sql_agent"


async def after_processing_agent(state: GraphState, runtime: Runtime[Run]) -> Literal["sql_agent"] | list[Closing]:
    """A proposal that ran saves the SQL agent's calls."""
    return await closing(state, runtime) if "finding" in state else "sql_agent"


async def closing(state: GraphState, runtime: Runtime[Run]) -> list[Closing]:
    """The forecast that was asked for, or a comparison; then chart and answer refinement, as the agent wants them."""
    options = runtime.context.context.options
    if "horizon" in state and "forecast" not in state:
        return ["forecast"]
    if options.candidates > 1 and options.model is not None and not {"horizon", "repeat", "compared"} & state.keys():
        return ["candidates"]
    steps: list[Closing] = ["chart"] if options.charts_enabled else []
    if options.advanced_mode and options.model is not None:
        steps.append("refine_answer")
    return steps or ["finish"]


def _observed(name: str, node: Node) -> ObservedNode:
    """`node` with its stage events and its time in the journal."""

    async def observed(state: GraphState, runtime: Runtime[Run]) -> GraphState:
        run = runtime.context
        await run.emit("stage", name=name, status="started")
        started = perf_counter()
        try:
            with span(f"stage {name}", attributes={"agentgraph.stage": name}):
                return await node(state, runtime)
        finally:
            elapsed_s = run.note_node(name, started)
            await run.emit("stage", name=name, status="finished", elapsed_s=elapsed_s)

    return observed
