"""LangChain's Anthropic chat model with cheaper requests and a given connection pool; imported on first use only."""

from typing import Any, Final

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import LanguageModelInput

CACHED: Final = {"type": "ephemeral"}
"""Has the provider keep tools and system text, with the schema in it, for five minutes: the turns of an agent that
calls tools read them again at a tenth of the price. To keep them costs a quarter more, so single calls do not ask for
it. The other providers keep the beginnings of prompts by themselves."""


class LeanChatAnthropic(ChatAnthropic):
    """Gives messages and tools to the SDK as finished JSON, for the reason told at `LeanChatOpenAI`."""

    def use(self, client: anthropic.AsyncAnthropic) -> None:
        """Calls through `client`: the integration would keep one pool for all event loops and never close it."""
        self.__dict__["_async_client"] = client

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if payload.get("tools") and "tool_choice" not in payload and isinstance(payload.get("system"), str):
            payload["system"] = [{"type": "text", "text": payload["system"], "cache_control": CACHED}]
        finished = {key: payload.pop(key) for key in ("messages", "tools") if key in payload}
        extra = payload.pop("extra_body", None) or {}
        return {**payload, "messages": [], "extra_body": {**extra, **finished}}
