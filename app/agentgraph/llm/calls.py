"""One model call: replayed when it was paid before, repeated on passing faults, priced and recorded before use."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, TypeVar
from uuid import UUID

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

from app.agentgraph.context import CallLedger, ModelAccess, OwnPrice, Reservation
from app.agentgraph.llm.breaker import breaker_of
from app.agentgraph.llm.clients import bound_model, chat_model, requests_called
from app.agentgraph.llm.faults import Fault, fault_of, wait_s
from app.agentgraph.llm.prices import NO_TOKENS, NOTHING, UNKNOWN, Price, Tokens, price_of
from app.agentgraph.llm.registry import ModelSpec, Structured, credentials, missing_setting, resolve_model
from app.agentgraph.llm.spans import model_span, tell_answer
from app.agentgraph.llm.structured import instruction, read_json, schema_of, without_thoughts
from app.agentgraph.outcome import CallOutcome, ModelCall
from app.agentgraph.trace import Trace
from app.core.clock import now
from app.core.errors import AgentGraphError, ModelFailed

log = logging.getLogger(__name__)

Answer = TypeVar("Answer", bound=BaseModel)
Made = TypeVar("Made")
MAX_TIMEOUTS = 2
"""Tries of a call that hangs: each costs the whole time-out, so fewer than of one that fails at once."""
CHARS_A_TOKEN = 2
"""Characters of a prompt that are reserved as one token. Real ones have 3 to 4 in English and Portuguese, 2 to 3 in
JSON and SQL: too much is given back when the call is settled, too little would overdraw a budget."""
RESERVED_ANSWER = 2048
"""Tokens that are reserved for an answer. An SQL statement or an explanation has a few hundred; one that is longer can
overdraw a budget by the rest, once."""
_LEFT_ALONE = "the provider has failed repeatedly and is not asked again for {seconds} seconds"
_UNREADABLE = "its answer was not in the form that was asked for"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be used; `arguments` is None when they could not be read."""

    id: str
    name: str
    arguments: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer: its text, the tools it calls, and the message to continue the conversation with."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    message: AIMessage


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked of the model in one call, beside the messages."""

    node: str
    turn: int
    tools: tuple[dict[str, Any], ...] = ()
    schema: type[BaseModel] | None = None


@dataclass(frozen=True, slots=True)
class _Try:
    """One request as it is about to be made; `started` is the loop's time."""

    spec: ModelSpec
    own: OwnPrice | None
    request: _Request
    key: str
    call_id: UUID
    """Of the ledger; the provider is told it."""
    started: float


class ModelCaller:
    """Makes the model calls of one run."""

    def __init__(self, access: ModelAccess, ledger: CallLedger, *, deadline: float, trace: Trace | None = None) -> None:
        """`deadline`: the running loop's time after which no call is tried again; `trace`: where calls are noted."""
        self._access = access
        self._ledger = ledger
        self._deadline = deadline
        self._trace = trace
        self.calls: list[ModelCall] = []
        """Every try of this run, replayed answers included."""
        self._prices: Mapping[str, OwnPrice] | None = None
        """Own ones, once they were asked for."""
        self._given_up: set[str] = set()
        """Models in whose place the fallback is asked for the rest of the run."""

    async def ask(
        self,
        spec: ModelSpec,
        messages: Sequence[BaseMessage],
        *,
        node: str,
        turn: int,
        tools: tuple[dict[str, Any], ...] = (),
    ) -> Reply:
        """The model's reply; `tools` are functions in OpenAI's form. Raises ModelFailed, ModelNotConfigured."""
        request = _Request(node, turn, tools=tools)
        return await self._or_fallback(spec, lambda chosen: self._reply(chosen, messages, request))

    async def ask_for(
        self, spec: ModelSpec, messages: Sequence[BaseMessage], schema: type[Answer], *, node: str, turn: int = 1
    ) -> Answer:
        """The model's answer as `schema`; an unreadable one is asked for once more. Raises as `ask`."""
        return await self._or_fallback(
            spec, lambda chosen: self._in_form(chosen, messages, schema, node=node, turn=turn)
        )

    async def _in_form(
        self, spec: ModelSpec, messages: Sequence[BaseMessage], schema: type[Answer], *, node: str, turn: int
    ) -> Answer:
        conversation = [*messages]
        if spec.structured is not Structured.JSON_SCHEMA:
            conversation = _with_words(conversation, instruction(schema))
        for attempt in range(2):
            reply = await self._reply(spec, conversation, _Request(node, turn + attempt, schema=schema))
            try:
                return _structured(reply, schema)
            except ValueError:
                conversation = _with_words(messages, f"Your last answer could not be read. {instruction(schema)}")
        raise ModelFailed(model=spec.name, reason=_UNREADABLE)

    async def _or_fallback(self, spec: ModelSpec, call: Callable[[ModelSpec], Awaitable[Made]]) -> Made:
        """What `call` gives for `spec`, or for the installation's fallback once `spec` has failed in this run."""
        other = self._fallback(spec)
        if spec.id in self._given_up and other is not None:
            return await call(other)
        try:
            return await call(spec)
        except ModelFailed as error:
            if other is None or self._now() >= self._deadline:
                raise
            log.warning("%s is asked in the place of %s: %s", other.id, spec.id, error.fields["reason"])
            self._given_up.add(spec.id)
            return await call(other)

    def _fallback(self, spec: ModelSpec) -> ModelSpec | None:
        """The fallback where it can do what `spec` can; none of itself."""
        if self._access.fallback is None:
            return None
        other = resolve_model(self._access.fallback)
        is_able = other.tools or not spec.tools
        return other if other.id != spec.id and is_able and missing_setting(other, self._access) is None else None

    async def _reply(self, spec: ModelSpec, messages: Sequence[BaseMessage], request: _Request) -> Reply:
        key = _call_key(spec, messages, request)
        kept = await self._ledger.replay(key)
        if kept is not None:
            self._note(kept, messages, is_replayed=True)
            return _reply_from(_message_from(kept.answer), spec)
        message = await self._persist(spec, messages, request, key)
        return _reply_from(message, spec)

    async def _persist(
        self, spec: ModelSpec, messages: Sequence[BaseMessage], request: _Request, key: str
    ) -> AIMessage:
        """Tries the call until it succeeds, a fault is final, or the tries or the time are used up."""
        breaker = breaker_of(spec.provider.value, credentials(spec, self._access)[1])
        closed_s = breaker.waits_s(self._now())
        if closed_s:
            raise _failed(spec, Fault(_LEFT_ALONE.format(seconds=ceil(closed_s)), is_transient=True))
        model, own = await self._model(spec, request), await self._own_price(spec)
        timeouts = 0
        for attempt in range(self._access.retries + 1):
            call_id = await self._ledger.reserve(lambda: _estimate(spec, messages, request, own))
            answered = await self._recorded_try(_Try(spec, own, request, key, call_id, self._now()), model, messages)
            if isinstance(answered, AIMessage):
                breaker.answered()
                return answered
            fault = answered
            if fault.is_outage:
                breaker.failed(self._now())
            else:
                breaker.answered()
            timeouts += fault.is_timeout
            wait = wait_s(attempt, fault)
            is_last = attempt == self._access.retries or not fault.is_transient or timeouts >= MAX_TIMEOUTS
            if is_last or self._now() + wait >= self._deadline:
                raise _failed(spec, fault)
            await asyncio.sleep(wait)
        raise AssertionError("the last try either returns or raises")

    async def _recorded_try(self, made: _Try, model: Any, messages: Sequence[BaseMessage]) -> AIMessage | Fault:
        """The answer or what kept it, with the try in the ledger either way."""
        try:
            with model_span(made.spec, made.request.node) as told, requests_called(made.call_id):
                message = await self._try(model, messages)
                tell_answer(told, message)
        except asyncio.CancelledError:
            # Whether the provider bills for an answer that nobody waited for is not known.
            await self._record_cancelled(made)
            raise
        except Exception as error:  # noqa: BLE001 (SDKs raise whatever a broken answer breaks in them)
            fault = fault_of(error)
            log.warning("model call failed: %s: %s (%s)", made.spec.id, fault.reason, type(error).__name__)
            price = NOTHING if fault.is_unbilled else UNKNOWN
            outcome = CallOutcome.LOST if fault.is_lost else CallOutcome.FAILED
            await self._record(made.call_id, self._unanswered(made, outcome, price), messages)
            return fault
        await self._record(made.call_id, self._answered(made, message), messages)
        return message

    async def _record(self, call_id: UUID, call: ModelCall, messages: Sequence[BaseMessage]) -> None:
        await self._ledger.record(call_id, call)
        self._note(call, messages, is_replayed=False)

    def _note(self, call: ModelCall, messages: Sequence[BaseMessage], *, is_replayed: bool) -> None:
        self.calls.append(call)
        if self._trace is not None:
            self._trace.add_call(call, messages, is_replayed=is_replayed)

    async def _record_cancelled(self, made: _Try) -> None:
        try:
            await self._ledger.record(made.call_id, self._unanswered(made, CallOutcome.CANCELLED, UNKNOWN))
        except AgentGraphError:
            # The run ends for its own reason; that this call is not in the ledger is for the log to tell.
            log.exception("a cancelled model call could not be recorded: %s", made.spec.id)

    async def _try(self, model: Any, messages: Sequence[BaseMessage]) -> AIMessage:
        async with asyncio.timeout(self._access.timeout_s):
            message = await model.ainvoke(list(messages))
        if not isinstance(message, AIMessage):
            raise TypeError("not a chat answer")
        return message

    async def _model(self, spec: ModelSpec, request: _Request) -> Any:
        if request.tools:
            names = ",".join(tool["function"]["name"] for tool in request.tools)
            return await bound_model(
                spec, self._access, name=f"tools:{names}", bind=lambda model: model.bind_tools(list(request.tools))
            )
        if request.schema is None or spec.structured is Structured.PROMPT:
            return await chat_model(spec, self._access)
        schema = schema_of(request.schema)
        return await bound_model(
            spec, self._access, name=f"schema:{schema['name']}", bind=lambda model: _with_schema(spec, model, schema)
        )

    async def _own_price(self, spec: ModelSpec) -> OwnPrice | None:
        if self._prices is None:
            self._prices = {} if self._access.prices is None else await self._access.prices()
        return self._prices.get(spec.id)

    def _answered(self, made: _Try, message: AIMessage) -> ModelCall:
        tokens = _tokens(message)
        price = UNKNOWN if tokens is None else price_of(made.spec, tokens, made.own, at=now())
        answer: dict[str, object] = {
            "content": message.content,
            "tool_calls": message.tool_calls,
            "invalid_tool_calls": message.invalid_tool_calls,
        }
        return replace(
            self._unanswered(made, CallOutcome.ANSWERED, price, tokens or NO_TOKENS),
            provider_call_id=message.response_metadata.get("id"),
            answer=answer,
        )

    def _unanswered(self, made: _Try, outcome: CallOutcome, price: Price, tokens: Tokens = NO_TOKENS) -> ModelCall:
        return ModelCall(
            call_key=made.key,
            node=made.request.node,
            provider=made.spec.provider.value,
            model=made.spec.model,
            tokens_in=tokens.read,
            tokens_out=tokens.written,
            tokens_cached=tokens.cached,
            tokens_reasoning=tokens.reasoning,
            price_usd=price.usd,
            price_version=price.version,
            outcome=outcome,
            latency_s=self._now() - made.started,
            provider_call_id=None,
            answer={},
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _with_words(messages: Sequence[BaseMessage], words: str) -> list[BaseMessage]:
    """`messages` with `words` said last. Two messages of the same side in a row break some open models' templates."""
    *before, last = messages
    if isinstance(last, HumanMessage):
        return [*before, HumanMessage(f"{last.text}\n\n{words}")]
    return [*messages, HumanMessage(words)]


def _with_schema(spec: ModelSpec, model: Any, schema: dict[str, Any]) -> Any:
    if spec.structured is Structured.TOOL:
        name = schema["name"]
        function = {"name": name, "description": "Gives the answer.", "parameters": schema["schema"]}
        return model.bind_tools([{"type": "function", "function": function}], tool_choice=name)
    # As part of the body: given as a parameter the SDK would build a validating parser for every answer.
    return model.bind(extra_body={"response_format": {"type": "json_schema", "json_schema": schema}})


def _structured(reply: Reply, schema: type[Answer]) -> Answer:
    for call in reply.tool_calls:
        if call.arguments is not None:
            return schema.model_validate(call.arguments)
    return schema.model_validate(read_json(reply.text))


def _estimate(spec: ModelSpec, messages: Sequence[BaseMessage], request: _Request, own: OwnPrice | None) -> Reservation:
    """More than a call is likely to take: short tokens, and an answer of RESERVED_ANSWER."""
    schema = schema_of(request.schema) if request.schema else None
    chars = sum(len(str(message.content)) for message in messages) + len(json.dumps([request.tools, schema]))
    tokens = Tokens(read=chars // CHARS_A_TOKEN + 1, written=min(spec.output, RESERVED_ANSWER))
    return Reservation(tokens.read + tokens.written, price_of(spec, tokens, own, at=now()).usd)


def _failed(spec: ModelSpec, fault: Fault) -> ModelFailed:
    return ModelFailed(model=spec.name, reason=fault.reason)


def _call_key(spec: ModelSpec, messages: Sequence[BaseMessage], request: _Request) -> str:
    asked = [[m.type, m.content, getattr(m, "tool_calls", None), getattr(m, "tool_call_id", None)] for m in messages]
    schema = request.schema.__name__ if request.schema else None
    names = [tool["function"]["name"] for tool in request.tools]
    text = json.dumps([spec.id, asked, names, schema], sort_keys=True, default=str, ensure_ascii=False)
    return f"{request.node}:{request.turn}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _message_from(answer: Mapping[str, Any]) -> AIMessage:
    return AIMessage(
        content=answer["content"],
        tool_calls=answer.get("tool_calls", []),
        invalid_tool_calls=answer.get("invalid_tool_calls", []),
    )


def _reply_from(message: AIMessage, spec: ModelSpec) -> Reply:
    calls = [ToolCall(call["id"] or "", call["name"], call["args"]) for call in message.tool_calls]
    calls += [ToolCall(call["id"] or "", call["name"] or "", None) for call in message.invalid_tool_calls]
    text = without_thoughts(str(message.text)).strip()
    if not text and not calls:
        raise ModelFailed(model=spec.name, reason="its answer was empty")
    return Reply(text=text, tool_calls=tuple(calls), message=message)


def _tokens(message: AIMessage) -> Tokens | None:
    """What the provider counted; None when it did not say."""
    usage = message.usage_metadata
    if usage is None:
        return None
    details: Mapping[str, Any] = usage.get("input_token_details") or {}
    return Tokens(
        read=usage["input_tokens"],
        written=usage["output_tokens"],
        cached=details.get("cache_read") or 0,
        stored=(details.get("cache_creation") or 0) + (details.get("ephemeral_5m_input_tokens") or 0),
        reasoning=usage.get("output_token_details", {}).get("reasoning") or 0,
    )
