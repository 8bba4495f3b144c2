"""Leaving: what has to be settled before somebody goes or becomes another kind, and the end of an account itself."""

from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import ValidationFailed
from app.core.errors.people import StillManages
from app.core.i18n import Text
from app.core.permissions import UserKind
from app.core.rights import Holder, require_admin_remains
from app.models import AuditAction, User
from app.repositories import api_keys, auth, exchanges, rights, users
from app.repositories import roles as stored_roles
from app.services.accounts import acting, erasures
from app.services.accounts.erasures import Begun
from app.services.audit.audit import record

NO_PASSWORD = "!"  # noqa: S105  (a hash that no password has, for accounts that are gone)
_NO_MASTER = Text(en="There is no active MASTER {user_id}.", pt="Não existe um MASTER ativo {user_id}.")


async def leave(session: Session, actor: Actor, *, reassign_to: UUID | None) -> Begun:
    """Closes the actor's own account and begins to remove all that belonged to it.

    Raises LastAdmin, StillManages, RoleNameTaken, ValidationFailed.
    """
    me = await acting.begin(session, actor)
    await settle_kind(session, me, reassign_to=reassign_to)
    begun = await close(session, await users.get_own(session, actor, lock=True))
    await record(session, actor, AuditAction.ACCOUNT_CLOSED, "user", actor.user_id)
    return begun


async def settle_kind(session: Session, person: Holder, *, reassign_to: UUID | None) -> None:
    """Settles what hangs on being an ADMIN or a MASTER: one ADMIN stays, and nobody is left without a manager.

    The users and roles of a MASTER go to the MASTER `reassign_to`. Raises LastAdmin, StillManages, RoleNameTaken,
    ValidationFailed.
    """
    if person.kind is UserKind.ADMIN:
        require_admin_remains(await users.lock_active_admins(session), person.id)
    if person.kind is not UserKind.MASTER:
        return
    managed, owned = await users.managed_by(session, person.id), await stored_roles.count_owned(session, person.id)
    if not managed and not owned:
        return
    if reassign_to is None:
        raise StillManages(users=len(managed), roles=owned)
    await require_master(session, reassign_to, but=person.id, pointer="/reassign_to")
    await stored_roles.hand_over(session, person.id, to=reassign_to)
    await rights.take_over(session, managed, manager_id=reassign_to)
    await users.hand_over(session, person.id, to=reassign_to)


async def require_master(session: Session, user_id: UUID, *, but: UUID | None, pointer: str) -> None:
    """Raises ValidationFailed unless `user_id` is an active MASTER, other than `but`."""
    master = await rights.find(session, user_id)
    if master is None or master.kind is not UserKind.MASTER or not master.is_active or master.id == but:
        raise ValidationFailed(_NO_MASTER, pointer=pointer, user_id=str(user_id))


async def close(session: Session, user: User) -> Begun:
    """Ends a locked account: what names the person, gives rights or lets somebody in is gone; the row stays.

    What belonged to it is removed in the background; the hint is to be given once the transaction is committed.
    """
    begun = await erasures.begin(session, user)
    now = clock.now()
    user.email, user.name, user.password_hash = f"{user.id}@deleted.invalid", "", NO_PASSWORD
    user.is_active, user.deleted_at = False, now
    user.attributes = {}
    user.role_id, user.role_given_by = None, None
    await rights.clear_entries(session, user.id)
    await auth.revoke_all(session, user.id, reason="account_deleted", at=now)
    await api_keys.revoke_all(session, user.id)
    await exchanges.remove_of(session, user.id)
    await session.flush()
    return begun
