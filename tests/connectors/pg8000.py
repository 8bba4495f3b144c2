"""PostgreSQL the way that engines without a connector of their own go: through SQLAlchemy, by a driver in Python."""

from app.connectors.dialects import OtherEngine, Times
from app.connectors.endpoint import Endpoint


def _through_pg8000(endpoint: Endpoint, times: Times) -> tuple[str, ...]:
    del endpoint
    return (
        "SET TRANSACTION READ ONLY",
        f"SET LOCAL statement_timeout = {round(times.statement_s * 1000)}",
        "SET LOCAL client_connection_check_interval = 200",
    )


THROUGH_PG8000 = OtherEngine(
    title="PostgreSQL through SQLAlchemy",
    dialect="postgres",
    driver="postgresql+pg8000",
    module="pg8000",
    package="pg8000",
    url=lambda endpoint: {
        "username": endpoint.user,
        "password": endpoint.password,
        "host": endpoint.host,
        "port": endpoint.port,
        "database": endpoint.database,
    },
    arguments=lambda _endpoint, times: {"timeout": times.statement_s + 1},
    opening=_through_pg8000,
    tls_argument="ssl_context",
)
"""A real engine for the way through SQLAlchemy: none of those that need it can be had here."""
