"""Chat models of the providers' own SDKs, made once for each event loop, model, key and URL and closed together.

The SDKs are imported on first use: together they cost seconds of CPU. Their own retries are off; `calls` repeats.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

from app.agentgraph.context import ModelAccess
from app.agentgraph.llm.registry import (
    ModelSpec,
    Provider,
    credentials,
    missing_setting,
    registry,
    require_configured,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com"
GOOGLE_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
"""Gemini's own endpoint for the protocol of OpenAI, so that no third SDK has to be loaded."""
HUGGINGFACE_URL = "https://router.huggingface.co/v1"
NO_KEY = "none"
"""Sent where a server of one's own asks for no key but the SDK wants some text."""
MAX_CONNECTIONS = 1000
"""Model calls under way at once in one process; far more than the questions that it answers at once."""
KEEP_ALIVE_S = 60.0
"""How long an idle connection is kept, in seconds."""
REQUEST_ID_HEADER = "X-Client-Request-Id"
"""What OpenAI logs of a request under an id of the caller's, also where no answer came back (its API reference,
"Debugging requests"); a server that does not know it leaves it alone."""
_request_id: ContextVar[UUID | None] = ContextVar("agentgraph_model_request_id", default=None)


@dataclass(slots=True)
class _LoopClients:
    """What one event loop holds: connections must not cross loops."""

    models: dict[tuple[object, ...], "BaseChatModel"] = field(default_factory=dict)
    bound: dict[tuple[object, ...], Any] = field(default_factory=dict)
    http: Any = None
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)


_by_loop: "WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClients]" = WeakKeyDictionary()


async def chat_model(spec: ModelSpec, access: ModelAccess) -> "BaseChatModel":
    """The chat model for `spec`, from this loop's cache. Raises ModelNotConfigured.

    The first one of a provider takes seconds to import, so it is made off the loop.
    """
    require_configured(spec, access)
    clients = _clients()
    key = _key(spec, access)
    if key in clients.models:
        return clients.models[key]
    async with clients.making:
        if key not in clients.models:
            clients.models[key] = await asyncio.to_thread(_MAKERS[spec.provider], spec, access, clients)
    return clients.models[key]


async def bound_model(
    spec: ModelSpec, access: ModelAccess, *, name: str, bind: "Callable[[BaseChatModel], Any]"
) -> Any:
    """The chat model with what `bind` adds to it, cached as `name`: binding tools converts their schemas every time."""
    model = await chat_model(spec, access)
    clients = _clients()
    key = (*_key(spec, access), name)
    if key not in clients.bound:
        clients.bound[key] = bind(model)
    return clients.bound[key]


async def warm_up(access: ModelAccess) -> None:
    """Makes one client of every provider that is configured, so that the first question does not wait for imports."""
    first = {spec.provider: spec for spec in reversed(registry()) if missing_setting(spec, access) is None}
    for spec in first.values():
        await chat_model(spec, access)


async def close_clients() -> None:
    """Closes every connection that model calls opened on the running loop."""
    clients = _by_loop.pop(asyncio.get_running_loop(), None)
    for close in clients.closers if clients else ():
        await close()


@contextmanager
def requests_called(call_id: UUID) -> Iterator[None]:
    """Requests that begin in the block tell the provider this id, so that its log and the ledger can be compared."""
    token = _request_id.set(call_id)
    try:
        yield
    finally:
        _request_id.reset(token)


async def _tell_id(request: Any) -> None:
    call_id = _request_id.get()
    if call_id is not None:
        request.headers[REQUEST_ID_HEADER] = str(call_id)


def _clients() -> _LoopClients:
    loop = asyncio.get_running_loop()
    clients = _by_loop.get(loop)
    if clients is None:
        clients = _by_loop[loop] = _LoopClients()
    return clients


def _key(spec: ModelSpec, access: ModelAccess) -> tuple[object, ...]:
    return (spec, *credentials(spec, access), access.timeout_s)


def _shared_http(clients: _LoopClients) -> Any:
    """One connection pool for OpenAI and Anthropic; both SDKs stand on httpx2."""
    if clients.http is None:
        import httpx2

        limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_S)
        clients.http = httpx2.AsyncClient(limits=limits, timeout=None, event_hooks={"request": [_tell_id]})
        clients.closers.append(clients.http.aclose)
    return clients.http


def _openai(spec: ModelSpec, access: ModelAccess, clients: _LoopClients) -> "BaseChatModel":
    from pydantic import SecretStr

    from app.agentgraph.llm.chat_openai import LeanChatOpenAI

    key, url = credentials(spec, access)
    return LeanChatOpenAI(
        model=spec.model,
        api_key=SecretStr(key or NO_KEY),
        base_url=url or (GOOGLE_URL if spec.provider is Provider.GOOGLE else OPENAI_URL),
        temperature=0 if spec.temperature else None,
        timeout=access.timeout_s,
        max_retries=0,
        use_responses_api=False,
        http_async_client=_shared_http(clients),
    )


def _anthropic(spec: ModelSpec, access: ModelAccess, clients: _LoopClients) -> "BaseChatModel":
    from anthropic import AsyncAnthropic
    from pydantic import SecretStr

    from app.agentgraph.llm.chat_anthropic import LeanChatAnthropic

    key, url = credentials(spec, access)
    secret = key or NO_KEY
    model = LeanChatAnthropic(
        model=spec.model,
        api_key=SecretStr(secret),
        base_url=url or ANTHROPIC_URL,
        temperature=0 if spec.temperature else None,
        max_tokens=spec.output,
        timeout=access.timeout_s,
        max_retries=0,
        stop=None,
    )
    model.use(
        AsyncAnthropic(
            api_key=secret,
            base_url=url or ANTHROPIC_URL,
            timeout=access.timeout_s,
            max_retries=0,
            http_client=_shared_http(clients),
        )
    )
    return model


def _huggingface(spec: ModelSpec, access: ModelAccess, clients: _LoopClients) -> "BaseChatModel":
    from huggingface_hub import AsyncInferenceClient, set_async_client_factory
    from langchain_huggingface import HuggingFaceEndpoint

    from app.agentgraph.llm.chat_huggingface import IdentifiedChatHuggingFace

    key, url = credentials(spec, access)
    set_async_client_factory(_huggingface_http)
    endpoint = HuggingFaceEndpoint(model=url or HUGGINGFACE_URL, task="conversational")
    client = AsyncInferenceClient(model=url or HUGGINGFACE_URL, token=key, timeout=access.timeout_s)
    endpoint.async_client = client
    clients.closers.append(client.close)
    name = f"{spec.model}:{spec.route}" if spec.route and url is None else spec.model
    return IdentifiedChatHuggingFace(llm=endpoint, model_id=name, temperature=0 if spec.temperature else None)


def _huggingface_http() -> Any:
    """The SDK's own pool holds 100 connections and has hooks that read the hub's settings."""
    import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_S)
    hooks = {"request": [_tell_id]}
    return httpx.AsyncClient(limits=limits, timeout=None, event_hooks=hooks)  # noqa: S113 (each call brings its own)


_MAKERS: "dict[Provider, Callable[[ModelSpec, ModelAccess, _LoopClients], BaseChatModel]]" = {
    Provider.OPENAI: _openai,
    Provider.ANTHROPIC: _anthropic,
    Provider.HUGGINGFACE: _huggingface,
    Provider.GOOGLE: _openai,
}
