"""Sharing, to be read and never changed: giving, showing and taking back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session, seeing_all
from app.core.errors import NotFound, ValidationFailed
from app.core.errors.people import NotYours
from app.core.i18n import Text
from app.core.pagination import Page, PageRequest, page_of
from app.core.rights import Holder, may_receive, may_share_for, role_may_receive
from app.models import AuditAction, SharedKind
from app.repositories import databases, files, rights, roles, sessions, shares, users
from app.repositories.shares import Given, Place
from app.schemas.shares import Receiver, ShareCreate, SharedBy, ShareRead
from app.schemas.users import RoleName
from app.services.accounts import acting
from app.services.audit.audit import record

_NOBODY = Text(
    en="There is no such user or role with whom this can be shared. One shares within a MASTER's users, or among "
    "those without a MASTER.",
    pt="Não há tal usuário ou papel com quem isto possa ser compartilhado. Compartilha-se entre os usuários de um "
    "MASTER, ou entre os que não têm MASTER.",
)


_READ: Final[Mapping[SharedKind, Callable[[Session, UUID, UUID], Awaitable[object]]]] = {
    SharedKind.FILE: files.get,
    SharedKind.DATABASE: databases.get,
    SharedKind.SESSION: sessions.get,
}


async def list_page(
    session: Session, actor: Actor, kind: SharedKind, thing_id: UUID, request: PageRequest
) -> Page[ShareRead]:
    """With whom a thing is shared, newest first. Raises NotFound, NotYours."""
    of, _ = await managed(session, actor, kind, thing_id)
    return page_of([_read(given) for given in await shares.page(session, of, request)], request)


async def add(session: Session, actor: Actor, kind: SharedKind, thing_id: UUID, wanted: ShareCreate) -> ShareRead:
    """Lets a user, or everybody with a role, read a thing; harmless when repeated.

    Raises NotFound, NotYours, ValidationFailed for nobody with whom it may be shared.
    """
    of, owner = await managed(session, actor, kind, thing_id)
    user_id = await _receiver(session, owner, wanted)
    role_id = await role_for(session, owner, wanted.role_id)
    given, is_new = await shares.add(session, of, user_id=user_id, role_id=role_id, given_by=actor.user_id)
    if is_new:
        await record(session, actor, AuditAction.SHARE_GIVEN, kind.value, thing_id, after=_noted(given))
    return _read(given)


async def remove(session: Session, actor: Actor, kind: SharedKind, thing_id: UUID, share_id: UUID) -> None:
    """Takes a share back: the next read of it, and of every answer that rests on it, finds nothing.

    Raises NotFound, NotYours.
    """
    of, _ = await managed(session, actor, kind, thing_id)
    given = await shares.get(session, of, share_id)
    if given is None:
        raise NotFound
    await shares.remove(session, given.share)
    await record(session, actor, AuditAction.SHARE_REVOKED, kind.value, thing_id, before=_noted(given))


async def managed(session: Session, actor: Actor, kind: SharedKind, thing_id: UUID) -> tuple[Place, Holder]:
    """A thing and its owner, for whoever decides who reads it.

    Raises NotFound for what the actor cannot know of, NotYours for what is only shared with it.
    """
    async with seeing_all(session):
        of = await shares.place(session, kind, thing_id)
    owner = None if of is None else await rights.find(session, of.owner_id)
    if of is None or owner is None:
        raise NotFound
    if may_share_for(await acting.look(session, actor), owner):
        return of, owner
    if await _READ[kind](session, actor.user_id, thing_id) is None:
        raise NotFound
    raise NotYours


async def sharers(session: Session, actor: Actor, owner_ids: set[UUID]) -> dict[UUID, SharedBy]:
    """Who shares, by id, for those of `owner_ids` who are not the actor."""
    names = await shares.owner_names(session, owner_ids - {actor.user_id})
    return {owner_id: SharedBy(id=owner_id, name=name) for owner_id, name in names.items()}


async def _receiver(session: Session, owner: Holder, wanted: ShareCreate) -> UUID | None:
    if wanted.role_id is not None:
        return None
    user_id = wanted.user_id
    if wanted.email is not None:
        user = await users.find_by_email(session, wanted.email)
        user_id = None if user is None else user.id
    person = None if user_id is None else await rights.find(session, user_id)
    if person is None or not may_receive(owner, person):
        raise ValidationFailed(_NOBODY, pointer="/user_id" if wanted.email is None else "/email")
    return person.id


async def role_for(session: Session, owner: Holder, role_id: UUID | None) -> UUID | None:
    """A role with which things of `owner` may be shared. Raises ValidationFailed."""
    if role_id is None:
        return None
    role = await roles.get(session, role_id)
    if role is None or not role_may_receive(owner, role.owner_id):
        raise ValidationFailed(_NOBODY, pointer="/role_id")
    return role.id


def _read(given: Given) -> ShareRead:
    share, user, role = given.share, None, None
    if share.user_id is not None:
        user = Receiver(id=share.user_id, name=given.user_name or "", email=given.user_email or "")
    if share.role_id is not None:
        role = RoleName(id=share.role_id, name=given.role_name or "")
    return ShareRead(id=share.id, user=user, role=role, given_by=share.given_by, created_at=share.created_at)


def _noted(given: Given) -> dict[str, object]:
    """A share as the audit log keeps it."""
    share = given.share
    ids = {"share_id": share.id, "user_id": share.user_id, "role_id": share.role_id}
    return {name: None if value is None else str(value) for name, value in ids.items()}
