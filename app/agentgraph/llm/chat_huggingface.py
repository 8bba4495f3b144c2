"""LangChain's HuggingFace chat model with the provider's own id of each call; imported on first use only."""

from typing import Any

from langchain_core.outputs import ChatResult
from langchain_huggingface import ChatHuggingFace


class IdentifiedChatHuggingFace(ChatHuggingFace):
    """Passes on the id of the answer, by which the ledger is compared with the provider's bill."""

    def _create_chat_result(self, response: dict[str, Any]) -> ChatResult:
        result = super()._create_chat_result(response)
        for generation in result.generations:
            generation.message.response_metadata["id"] = response.get("id")
        return result
