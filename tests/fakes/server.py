"""The HTTP server that speaks all three protocols on one loopback port."""

import asyncio
import hashlib
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.conversation import Conversation, read_anthropic, read_openai
from tests.fakes.protocols import render, render_stream
from tests.fakes.script import Reply, Script

TOO_LONG: dict[str, dict[str, Any]] = {
    "openai": {"code": "context_length_exceeded", "message": "This model's maximum context length is 8 tokens."},
    "google": {"status": "INVALID_ARGUMENT", "message": "The input token count exceeds the maximum allowed."},
    "anthropic": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"},
    "huggingface": {"type": "Input validation error", "message": "`inputs` tokens + `max_new_tokens` must be <= 8"},
}
"""How each provider says that a prompt is too long."""


@dataclass
class FakeProviders:
    """A running server: where it listens, what it will answer, and what it was asked."""

    script: Script
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of all model requests, in order."""
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by provider."""
    open: int = 0
    """Requests that are being answered now."""
    log: list[dict[str, object]] = field(default_factory=list)
    """Of each request: `number` in the id of its answer, `digest` of what was asked, `at` when it came, `provider` and
    `model`, `request` as its sender calls it and the `port` it came from; and when it has ended its `end`: answered,
    with the tokens of the answer, or failed, and `by` what."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first request has come."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Frees the requests that hang."""

    @property
    def urls(self) -> dict[str, str]:
        """Base URL for each provider's SDK."""
        root = f"http://127.0.0.1:{self.port}"
        return {
            "openai": f"{root}/openai/v1",
            "anthropic": f"{root}/anthropic",
            "huggingface": f"{root}/huggingface",
            "google": f"{root}/google/v1",
        }

    async def chat(self, request: Request) -> Response:
        """Chat completions of OpenAI and HuggingFace."""
        body = await request.json()
        return await self._answer(read_openai(request.path_params["provider"], body), body, request)

    async def messages(self, request: Request) -> Response:
        """Anthropic's messages."""
        body = await request.json()
        return await self._answer(read_anthropic(body), body, request)

    async def embeddings(self, request: Request) -> Response:
        """Embeddings of OpenAI: texts with the same words, in whatever order, have the same vector."""
        body = await request.json()
        self.requests.append(body)
        data = [{"index": place, "embedding": vector_of(text)} for place, text in enumerate(body["input"])]
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": {}})

    async def features(self, request: Request) -> Response:
        """The same as HuggingFace's feature extraction gives them."""
        body = await request.json()
        self.requests.append(body)
        return JSONResponse([vector_of(text) for text in body["inputs"]])

    async def counted(self, _: Request) -> Response:
        """How many calls each provider got."""
        return JSONResponse(dict(self.calls))

    async def opened(self, _: Request) -> Response:
        """How many calls are being answered now."""
        return JSONResponse(self.open)

    async def logged(self, _: Request) -> Response:
        """Every call in the order in which they came."""
        return JSONResponse(self.log)

    async def rescript(self, request: Request) -> Response:
        """Replaces the script by the one in the body and forgets the counts."""
        self.script = Script.read(await request.json())
        self.calls.clear()
        self.requests.clear()
        self.log.clear()
        return JSONResponse({})

    async def _answer(self, conversation: Conversation, body: dict[str, Any], request: Request) -> Response:
        self.requests.append(body)
        self.calls[conversation.provider] += 1
        number, self.open = self.calls.total(), self.open + 1
        asked: dict[str, object] = {"provider": conversation.provider, "model": conversation.model, "end": "open"}
        sender = {"request": request.headers.get("x-client-request-id"), "port": request.client and request.client.port}
        self.log.append(asked | sender | {"number": number, "digest": _digest(body), "at": time.time()})
        entry = self.log[-1]
        self.arrived.set()
        try:
            reply = self.script.next(conversation)
            if reply.hang:
                await self.stopping.wait()
            if self.script.latency_s:
                await asyncio.sleep(self.script.latency_s)
        finally:
            self.open -= 1
        entry.update(_end(reply, conversation, number))
        return _response(reply, conversation, number)


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _end(reply: Reply, conversation: Conversation, number: int) -> dict[str, object]:
    ways = {"status": reply.status != 200, "too_long": reply.too_long, "rubbish": reply.rubbish, "cut": reply.cut}
    if any(ways.values()):
        return {"end": "failed", "by": next(way for way, is_meant in ways.items() if is_meant)}
    usage = render(reply, conversation, number)["usage"]
    read = usage.get("prompt_tokens", usage.get("input_tokens", 0) + usage.get("cache_read_input_tokens", 0))
    written = usage.get("completion_tokens", usage.get("output_tokens", 0))
    return {"end": "answered", "tokens_in": read, "tokens_out": written}


def vector_of(text: str) -> list[float]:
    """384 numbers made from the words of `text`."""
    counts = Counter(crc32(word.encode()) % 384 for word in text.lower().split())
    return [float(counts[place]) for place in range(384)]


def _response(reply: Reply, conversation: Conversation, number: int) -> Response:
    if reply.status != 200:
        headers = {"retry-after": reply.retry_after} if reply.retry_after else {}
        error = {"type": "error", "error": {"type": "fake_error", "message": "secret-of-the-provider"}}
        return JSONResponse(error, status_code=reply.status, headers=headers)
    if reply.too_long:
        return JSONResponse({"type": "error", "error": TOO_LONG[conversation.provider]}, status_code=400)
    if reply.rubbish:
        return Response("<html>not what you asked for", media_type="application/json")
    if reply.cut:
        return _CutResponse(render(reply, conversation, number))
    if conversation.stream:
        return StreamingResponse(render_stream(reply, conversation, number), media_type="text/event-stream")
    return JSONResponse(render(reply, conversation, number))


class _CutResponse(JSONResponse):
    """Promises a whole body and closes the connection after half of it."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": False})


def application(providers: FakeProviders) -> Starlette:
    """The routes of all providers, and some for whoever steers the server from outside."""
    return Starlette(
        routes=[
            Route("/{provider:str}/v1/chat/completions", providers.chat, methods=["POST"]),
            Route("/anthropic/v1/messages", providers.messages, methods=["POST"]),
            Route("/openai/v1/embeddings", providers.embeddings, methods=["POST"]),
            Route("/huggingface/embed", providers.features, methods=["POST"]),
            Route("/calls", providers.counted),
            Route("/open", providers.opened),
            Route("/log", providers.logged),
            Route("/script", providers.rescript, methods=["POST"]),
        ]
    )


@asynccontextmanager
async def serve(script: Script, *, port: int = 0) -> AsyncIterator[FakeProviders]:
    """Serves on the running loop until the block ends; port 0 takes a free one."""
    providers = FakeProviders(script)
    config = uvicorn.Config(application(providers), host="127.0.0.1", port=port, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    # asyncio sets it only on sockets made with a protocol number; without it each answer waits 40 ms for an old ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    providers.port = listening.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield providers
    finally:
        providers.stopping.set()
        server.should_exit = server.force_exit = True
        await task
        listening.close()
