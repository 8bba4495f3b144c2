"""LangChain's OpenAI chat model with cheaper requests; imported on first use only."""

from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_openai import ChatOpenAI


class LeanChatOpenAI(ChatOpenAI):
    """Gives messages and tools to the SDK as finished JSON.

    As parameters the SDK would compare each with every variant of its type in every call, which takes longer than
    sending the request. What arrives at the provider is the same.
    """

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        finished = {key: payload.pop(key) for key in ("messages", "tools") if key in payload}
        extra = payload.pop("extra_body", None) or {}
        return {**payload, "messages": [], "extra_body": {**extra, **finished}}
