"""The model layer: which models there are, how they are called, what a call costs, and how its failures are told."""

from app.agentgraph.llm.calls import ModelCaller, Reply, ToolCall
from app.agentgraph.llm.clients import close_clients, warm_up
from app.agentgraph.llm.registry import ModelInfo, ModelSpec, Structured, list_models, resolve_model

__all__ = [
    "ModelCaller",
    "ModelInfo",
    "ModelSpec",
    "Reply",
    "Structured",
    "ToolCall",
    "close_clients",
    "list_models",
    "resolve_model",
    "warm_up",
]
