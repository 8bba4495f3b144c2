"""The wire forms of a reply: OpenAI and HuggingFace chat completions, and Anthropic messages, whole or streamed."""

import json
from collections.abc import Iterator
from typing import Any

from tests.fakes.conversation import Conversation
from tests.fakes.script import Reply

CREATED = 1_700_000_000


def render(reply: Reply, conversation: Conversation, number: int) -> dict[str, Any]:
    """The JSON body of `reply`; `number` makes its ids differ."""
    if conversation.provider == "anthropic":
        return _anthropic(reply, conversation, number)
    return _openai(reply, conversation, number)


def render_stream(reply: Reply, conversation: Conversation, number: int) -> Iterator[bytes]:
    """The server-sent events of `reply`."""
    if conversation.provider == "anthropic":
        yield from _anthropic_stream(_anthropic(reply, conversation, number))
    else:
        yield from _openai_stream(_openai(reply, conversation, number))


def _tools_of(reply: Reply, conversation: Conversation) -> list[tuple[str, Any]]:
    if reply.json is not None and conversation.forced_tool and conversation.schema:
        return [(conversation.schema, dict(reply.json))]
    return [(name, dict(arguments)) for name, arguments in reply.tools]


def _text_of(reply: Reply, conversation: Conversation) -> str:
    if reply.json is None or conversation.forced_tool:
        return reply.text
    return json.dumps(reply.json, ensure_ascii=False)


def _tokens(text: str) -> int:
    return max(1, len(text) // 4)


def _openai(reply: Reply, conversation: Conversation, number: int) -> dict[str, Any]:
    text, calls = _text_of(reply, conversation), _tools_of(reply, conversation)
    message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}_{place}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for place, (name, arguments) in enumerate(calls)
        ]
    read, written = _tokens(conversation.text), _tokens(text or json.dumps(calls))
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": CREATED,
        "model": conversation.model,
        "choices": [
            {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
        ],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": reply.cached},
        },
        "system_fingerprint": "fake",
    }


def _openai_stream(body: dict[str, Any]) -> Iterator[bytes]:
    choice = body["choices"][0]
    message = choice["message"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in (message["content"] or "").split(" ")]
    deltas += [{"tool_calls": [{"index": i, **call}]} for i, call in enumerate(message.get("tool_calls", ()))]
    head = {key: body[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield _event({**head, "choices": [end]})
    yield _event({**head, "choices": [], "usage": body["usage"]})
    yield b"data: [DONE]\n\n"


def _anthropic(reply: Reply, conversation: Conversation, number: int) -> dict[str, Any]:
    text, calls = _text_of(reply, conversation), _tools_of(reply, conversation)
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    content += [
        {"type": "tool_use", "id": f"toolu_{number}_{place}", "name": name, "input": arguments}
        for place, (name, arguments) in enumerate(calls)
    ]
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": conversation.model,
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": _tokens(conversation.text),
            "output_tokens": _tokens(text or json.dumps(calls)),
            "cache_read_input_tokens": reply.cached,
            "cache_creation_input_tokens": reply.stored,
        },
    }


def _anthropic_stream(body: dict[str, Any]) -> Iterator[bytes]:
    yield _named("message_start", {"message": {**body, "content": [], "stop_reason": None}})
    for index, block in enumerate(body["content"]):
        empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
        yield _named("content_block_start", {"index": index, "content_block": empty})
        yield _named("content_block_delta", {"index": index, "delta": _delta(block)})
        yield _named("content_block_stop", {"index": index})
    end = {"stop_reason": body["stop_reason"], "stop_sequence": None}
    yield _named("message_delta", {"delta": end, "usage": {"output_tokens": body["usage"]["output_tokens"]}})
    yield _named("message_stop", {})


def _delta(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "text":
        return {"type": "text_delta", "text": block["text"]}
    return {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _named(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\n".encode() + _event({"type": name, **data})
