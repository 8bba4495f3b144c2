"""Answers given before, kept in Valkey for one combination of sources, agent configuration and rights."""

import hashlib
import logging
import re
import time
import unicodedata
import zlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.agentgraph.examples import Example
from app.agentgraph.outcome import OUTCOME_JSON, Outcome
from app.repositories.agents import AskedAgent

MAX_ENTRY_BYTES = 2 * 1024**2
"""Larger answers are not kept: they cost more to move than to compute."""
_log = logging.getLogger(__name__)


class SharedAnswerCache:
    """The cache as one run sees it. Without Valkey it is empty and forgets."""

    def __init__(self, valkey: Redis, agent: AskedAgent, examples: Sequence[Example], *, ttl_s: int) -> None:
        """`examples` are what the model is shown: an answer without them is another one."""
        self._valkey = valkey
        self._examples = "".join(f"|{example.question}|{example.sql}" for example in examples)
        sources = [(source.version_id, source.edition) for source in agent.sources]
        sources += [(database.snapshot_id, database.version) for database in agent.databases]
        self._owner_id = agent.owner_id
        self._scope = scope_of(agent.owner_id, agent.id, agent.version, sources, agent.borrowed)
        self._ttl_s = ttl_s

    async def get(self, question: str) -> tuple[Outcome, float] | None:
        """The outcome kept for `question`, with its age in seconds."""
        try:
            packed: Any = await self._valkey.get(self._key(question))
        except RedisError as error:
            _log.warning("answer cache is away: %s", type(error).__name__)
            return None
        return None if packed is None else _unpack(packed)

    async def put(self, question: str, outcome: Outcome) -> None:
        """Keeps an answered outcome, unless it is large or holds bytes, which JSON would not give back."""
        packed = _pack(outcome)
        if packed is None:
            return
        try:
            await self._valkey.set(self._key(question), packed, ex=self._ttl_s)
        except RedisError as error:
            _log.warning("answer cache is away: %s", type(error).__name__)

    def _key(self, question: str) -> str:
        digest = hashlib.sha256(f"{normalised(question)}{self._examples}".encode()).hexdigest()
        return f"agentgraph:answers:{self._owner_id}:{self._scope}:{digest}"


def scope_of(
    owner_id: UUID,
    agent_id: UUID,
    agent_version: int,
    sources: Sequence[tuple[UUID, int]],
    borrowed: Sequence[str] = (),
) -> str:
    """Digest of everything but the question that an answer depends on.

    `sources` are versions with their editions, `borrowed` the keys of shared ones, which change with their rules.
    """
    parts = [
        str(owner_id),
        str(agent_id),
        str(agent_version),
        *(f"{version}@{edition}" for version, edition in sources),
        *borrowed,
    ]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def normalised(question: str) -> str:
    """`question` without what does not change its meaning: letter case, spacing, closing marks."""
    folded = unicodedata.normalize("NFKC", question).casefold()
    return re.sub(r"\s+", " ", folded).strip(" ?!.")


def _pack(outcome: Outcome) -> bytes | None:
    rows = outcome.result.rows if outcome.result else ()
    if any(isinstance(cell, bytes) for row in rows for cell in row):
        return None
    packed = zlib.compress(OUTCOME_JSON.dump_json(outcome), 1)
    return orjson.dumps(time.time()) + b"\n" + packed if len(packed) <= MAX_ENTRY_BYTES else None


def _unpack(packed: bytes) -> tuple[Outcome, float] | None:
    """What `_pack` made; None for an entry of another release of the product."""
    kept_at, _, body = packed.partition(b"\n")
    try:
        outcome = OUTCOME_JSON.validate_json(zlib.decompress(body))
        return outcome, max(0.0, time.time() - float(kept_at))
    except (ValidationError, zlib.error, ValueError):
        return None
