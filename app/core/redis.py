"""Clients of Valkey (or Redis): events, answer cache, signals. Nothing that must survive lives there."""

from redis.asyncio import BlockingConnectionPool, Redis

SOCKET_TIMEOUT_S = 2.0
"""Time-out of ordinary commands, seconds: the system answers without Valkey rather than waiting for it."""
MAX_CONNECTIONS = 500


def connect(url: str) -> Redis:
    """A pooled asyncio client for `url`; close it with `aclose()`."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=SOCKET_TIMEOUT_S,
        socket_connect_timeout=SOCKET_TIMEOUT_S,
        socket_timeout=30.0,
        health_check_interval=30,
    )
    return Redis.from_pool(pool)
