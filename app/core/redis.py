"""Clients of Valkey (or Redis): events, answer cache, signals. Nothing that must survive lives there."""

import time
from typing import Any, Final, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer

CONNECT_TIMEOUT_S: Final = 2.0
COMMAND_TIMEOUT_S: Final = 3.0
"""For each command, and longer than followers of events let one wait: the system rather answers without Valkey."""
AWAY_S: Final = 5.0
"""How long nobody asks a server that did not answer: a question has several commands, and each would wait."""
MAX_CONNECTIONS = 500


class ImpatientRedis(Redis):
    """A client that waits for a silent server once, and then says at once for a while that it is away."""

    _away_until: float = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Sends a command. Raises RedisError, at once when the server did not answer a moment ago."""
        self._refuse_while_away()
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except NoAnswer:
            self._away_until = time.monotonic() + AWAY_S
            raise

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002
        """Commands to be sent together. Raises RedisError when the server did not answer a moment ago."""
        self._refuse_while_away()
        return super().pipeline(transaction, shard_hint)

    def _refuse_while_away(self) -> None:
        if time.monotonic() < self._away_until:
            raise NotConnected("it did not answer a moment ago")


def connect(url: str) -> ImpatientRedis:
    """A pooled asyncio client for `url`; close it with `aclose()`."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=CONNECT_TIMEOUT_S,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=COMMAND_TIMEOUT_S,
        # A server that was restarted has closed what is pooled.
        retry=Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),
        health_check_interval=30,
    )
    return cast("ImpatientRedis", ImpatientRedis.from_pool(pool))
