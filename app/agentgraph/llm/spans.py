"""Model calls as spans, in the words of OpenTelemetry's conventions for generative AI; no prompt and no answer."""

from contextlib import AbstractContextManager

from langchain_core.messages import AIMessage

from app.agentgraph.llm.registry import ModelSpec
from app.core.tracing import Kind, Span, span


def model_span(spec: ModelSpec, node: str) -> AbstractContextManager[Span]:
    """One request to a model, from its start to its answer or fault."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": spec.provider.value,
        "gen_ai.request.model": spec.model,
        "agentgraph.stage": node,
    }
    return span(f"chat {spec.model}", Kind.CLIENT, attributes)


def tell_answer(told: Span, message: AIMessage) -> None:
    """Adds what the provider says of its answer: tokens, its id of the call, the model that answered."""
    usage, metadata = message.usage_metadata, message.response_metadata
    told.note(
        {
            "gen_ai.usage.input_tokens": None if usage is None else usage["input_tokens"],
            "gen_ai.usage.output_tokens": None if usage is None else usage["output_tokens"],
            "gen_ai.response.id": metadata.get("id"),
            "gen_ai.response.model": metadata.get("model_name") or metadata.get("model"),
        }
    )
