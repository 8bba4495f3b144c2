"""Every secret that is stored sealed, whatever it belongs to: the columns called `secret`."""

from uuid import UUID

from sqlalchemy import LargeBinary, func, select, update

from app.core.db import Session
from app.models import Base


def tables() -> list[str]:
    """Names of the tables with sealed secrets; a secret is sealed for the `id` of its row."""
    return [
        str(name)
        for name, table in sorted(Base.metadata.tables.items())
        if "secret" in table.c and isinstance(table.c.secret.type, LargeBinary)
    ]


async def some(session: Session, table_name: str, *, after: UUID | None, most: int) -> list[tuple[UUID, bytes]]:
    """Ids and secrets of up to `most` rows beyond `after`, in the order of ids."""
    table = Base.metadata.tables[table_name]
    # What was removed may leave its row, with nothing in this place.
    there = func.length(table.c.secret) > 0
    statement = select(table.c.id, table.c.secret).where(there).order_by(table.c.id).limit(most)
    if after is not None:
        statement = statement.where(table.c.id > after)
    return [(row.id, row.secret) for row in await session.execute(statement)]


async def replace(session: Session, table_name: str, record_id: UUID, *, before: bytes, after: bytes) -> None:
    """Puts a secret that was wrapped anew in place of `before`, unless it was changed meanwhile."""
    table = Base.metadata.tables[table_name]
    same = (table.c.id == record_id, table.c.secret == before)
    # The secret is the same one: for its owner nothing was updated.
    times = {"updated_at": table.c.updated_at} if "updated_at" in table.c else {}
    await session.execute(update(table).where(*same).values(secret=after, **times))
