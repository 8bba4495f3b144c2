"""A model request of any provider, reduced to what an answer depends on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FORM = re.compile(r"one JSON object of the form (\w+) and nothing else")


@dataclass(frozen=True)
class Conversation:
    """What was said so far, the tools that may be called, and the form in which a JSON answer is wanted."""

    provider: str
    model: str
    text: str
    """All messages, in order."""
    tools: tuple[str, ...]
    schema: str | None
    """Name of the wanted JSON form."""
    forced_tool: bool
    """The JSON is to come as a call of the tool `schema`."""
    stream: bool

    @property
    def question(self) -> str:
        """The user's question between its marks."""
        return self.between("question")

    def between(self, mark: str) -> str:
        """What stands last between `<mark>` and `</mark>`, each on its own line."""
        found = re.findall(rf"<{mark}>\n(.*?)\n</{mark}>", self.text, re.DOTALL)
        return found[-1].strip() if found else ""


def read_openai(provider: str, body: Mapping[str, Any]) -> Conversation:
    """A chat completions request, which HuggingFace speaks too."""
    text = "\n".join(_text(message.get("content")) for message in body["messages"])
    form = (body.get("response_format") or {}).get("json_schema", {}).get("name")
    return Conversation(
        provider=provider,
        model=body["model"],
        text=text,
        tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
        schema=form or _form(body["messages"]),
        forced_tool=False,
        stream=bool(body.get("stream")),
    )


def read_anthropic(body: Mapping[str, Any]) -> Conversation:
    """A messages request."""
    messages = [{"content": body.get("system", "")}, *body["messages"]]
    choice = body.get("tool_choice") or {}
    forced = choice.get("name") if choice.get("type") == "tool" else None
    return Conversation(
        provider="anthropic",
        model=body["model"],
        text="\n".join(_text(message.get("content")) for message in messages),
        tools=tuple(tool["name"] for tool in body.get("tools") or ()),
        schema=forced or _form(body["messages"]),
        forced_tool=forced is not None,
        stream=bool(body.get("stream")),
    )


def _form(messages: list[dict[str, Any]]) -> str | None:
    """The form that the last messages ask for in words; earlier messages may name one that was answered."""
    for message in reversed(messages):
        found = _FORM.findall(_text(message.get("content")))
        if found:
            return str(found[-1])
    return None


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_text(block.get("text") or block.get("content")) for block in content)
    return ""
