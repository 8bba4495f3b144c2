"""What the system database says of itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import Session

_LOGIN: Final = text(
    """
    SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls AS passes_policies,
           coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
           ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = current_schema() AND c.relkind = 'r'
                    AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1) AS foreign_tables
      FROM pg_roles r WHERE r.rolname = current_user
    """
)
_OPEN_TABLES: Final = text(
    """
    SELECT c.relname FROM pg_class c
     WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1
    """
)


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


async def revision(session: Session | AsyncConnection) -> str | None:
    """The revision of the schema; None in a database that has none yet."""
    if await session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def clock(session: Session) -> datetime:
    """The database's clock, now."""
    found: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return found


async def extensions(session: Session) -> dict[str, str]:
    """Installed extensions with their versions."""
    rows = await session.execute(text("SELECT extname, extversion FROM pg_extension"))
    return {row.extname: row.extversion for row in rows}


async def server_version(session: Session) -> int:
    """The server's version as PostgreSQL counts it (180001 is 18.1)."""
    found: int = (await session.execute(text("SELECT current_setting('server_version_num')::int"))).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Login:
    """What the product's own login may do."""

    name: str
    passes_policies: bool
    """Whether policies on rows do not hold for it: a superuser, or with BYPASSRLS."""
    may_create: bool
    """Whether it may make tables in the schema, as revisions do."""
    foreign_tables: list[str]
    """Tables of the product that another login owns, which revisions could not change."""


async def login(session: Session) -> Login:
    """The login of this session."""
    row = (await session.execute(_LOGIN)).one()
    return Login(row.name, row.passes_policies, row.may_create, list(row.foreign_tables))


async def open_tables(session: Session) -> list[str]:
    """Tables that have a policy on their rows which does not hold, for everybody or for their owner."""
    return list((await session.execute(_OPEN_TABLES)).scalars())
