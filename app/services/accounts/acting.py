"""Who acts on people and roles, read anew: what the caller held when the request came in may be gone by now."""

from dataclasses import replace
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import Forbidden, NotFound
from app.core.rights import Holder
from app.repositories import rights


async def begin(session: Session, actor: Actor) -> Holder:
    """The actor as of now, after all other changes of rights; no other one happens until the transaction ends."""
    await rights.begin_change(session)
    holder = await rights.find(session, actor.user_id)
    if holder is None or not holder.is_active:
        raise Forbidden
    return holder if actor.api_key_id is None else replace(holder, scopes=actor.permissions)


async def look(session: Session, actor: Actor) -> Holder:
    """The actor as of now, for reading. Raises Forbidden."""
    holder = await rights.find(session, actor.user_id)
    if holder is None:
        raise Forbidden
    return holder


async def person(session: Session, user_id: UUID) -> Holder:
    """Somebody, as far as rights go. Raises NotFound."""
    holder = await rights.find(session, user_id)
    if holder is None:
        raise NotFound
    return holder
