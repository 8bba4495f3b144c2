"""LangChain's Anthropic chat model with cheaper requests and a given connection pool; imported on first use only."""

from typing import Any

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import LanguageModelInput


class LeanChatAnthropic(ChatAnthropic):
    """Gives messages and tools to the SDK as finished JSON, for the reason told at `LeanChatOpenAI`."""

    def use(self, client: anthropic.AsyncAnthropic) -> None:
        """Calls through `client`: the integration would keep one pool for all event loops and never close it."""
        self.__dict__["_async_client"] = client

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        finished = {key: payload.pop(key) for key in ("messages", "tools") if key in payload}
        extra = payload.pop("extra_body", None) or {}
        return {**payload, "messages": [], "extra_body": {**extra, **finished}}
