"""LangChain's HuggingFace chat model that tells model and call by the provider's ids; imported on first use only."""

from typing import Any

from langchain_core.outputs import ChatResult
from langchain_huggingface import ChatHuggingFace


class IdentifiedChatHuggingFace(ChatHuggingFace):
    """Sends the model's own name, and passes on the answer's id, by which the ledger is held against the bill."""

    def _resolve_model_id(self) -> None:
        """Keeps the name that was given; the base class puts the address in its place, and no model is named then."""
        if not self.model_id:
            super()._resolve_model_id()

    def _create_chat_result(self, response: dict[str, Any]) -> ChatResult:
        result = super()._create_chat_result(response)
        for generation in result.generations:
            generation.message.response_metadata["id"] = response.get("id")
        return result
