"""What the system database says of itself."""

from datetime import datetime

from sqlalchemy import func, select, text

from app.core.db import Session


async def figures(session: Session) -> dict[str, object]:
    """Version, connections and size in bytes."""
    row = (
        await session.execute(
            text(
                "SELECT current_setting('server_version') AS version,"
                " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,"
                " current_setting('max_connections')::int AS max_connections,"
                " pg_database_size(current_database()) AS size_bytes"
            )
        )
    ).one()
    return dict(row._mapping)


async def revision(session: Session) -> str | None:
    """The revision of the schema."""
    found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def clock(session: Session) -> datetime:
    """The database's clock, now."""
    found: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return found
