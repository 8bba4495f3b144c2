"""What somebody may use: their own quota before their role's, and that before the installation's."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, time
from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import NotFound
from app.core.errors.people import AboveOwnQuota
from app.core.permissions import Permission, UserKind
from app.core.rights import Holder, require_may_change_role, require_may_manage, sees
from app.models import AuditAction, Quota
from app.repositories import files, quotas
from app.repositories.quotas import SetLimits
from app.schemas.quotas import OwnQuota, QuotaRead, QuotaWrite
from app.services.accounts import acting, roles
from app.services.audit.audit import record


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that hold for somebody; 0 sets none."""

    questions_per_day: int
    tokens_per_day: int
    storage_bytes: int


async def limits_of(session: Session, settings: Settings, user_id: UUID, *, lock: bool = False) -> Limits:
    """The limits of a user at this moment; `lock` as in `quotas.of_user`."""
    limits = Limits(settings.questions_per_day, settings.tokens_per_day, settings.storage_quota_bytes)
    for quota in await quotas.of_user(session, user_id, lock=lock):
        limits = replace(limits, **{name: value for name, value in _values(quota).items() if value is not None})
    return limits


async def read_own(session: Session, settings: Settings, actor: Actor) -> OwnQuota:
    """The actor's limits, and what is used of them."""
    limits = await limits_of(session, settings, actor.user_id)
    now = clock.now()
    today = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    questions, tokens = await quotas.asked_since(session, actor.user_id, today)
    return OwnQuota(
        questions_per_day=limits.questions_per_day,
        questions_today=questions,
        tokens_per_day=limits.tokens_per_day,
        tokens_today=tokens,
        storage_bytes=limits.storage_bytes,
        stored_bytes=await files.stored_bytes(session, actor.user_id),
    )


async def read_of_user(session: Session, actor: Actor, user_id: UUID) -> QuotaRead:
    """What is set for a user alone. Raises NotFound."""
    if not sees(await acting.look(session, actor), await acting.person(session, user_id)):
        raise NotFound
    return _read(await quotas.find(session, user_id=user_id))


async def set_of_user(
    session: Session, settings: Settings, actor: Actor, user_id: UUID, wanted: QuotaWrite
) -> QuotaRead:
    """Sets what a user alone may use. Raises NotFound, OwnAccount, AboveOwnKind, AboveOwnQuota."""
    me = await acting.begin(session, actor)
    require_may_manage(me, await acting.person(session, user_id), Permission.USERS_UPDATE)
    await _require_within(session, settings, me, wanted)
    return await _set(session, actor, wanted, user_id=user_id)


async def read_of_role(session: Session, actor: Actor, role_id: UUID) -> QuotaRead:
    """What is set for each user of a role. Raises NotFound."""
    await roles.visible(session, await acting.look(session, actor), role_id)
    return _read(await quotas.find(session, role_id=role_id))


async def set_of_role(
    session: Session, settings: Settings, actor: Actor, role_id: UUID, wanted: QuotaWrite
) -> QuotaRead:
    """Sets what each user of a role may use. Raises NotFound, NotYours, AboveOwnQuota."""
    me = await acting.begin(session, actor)
    role = await roles.visible(session, me, role_id)
    require_may_change_role(me, role.owner_id, Permission.ROLES_UPDATE)
    await _require_within(session, settings, me, wanted)
    return await _set(session, actor, wanted, role_id=role_id)


async def _require_within(session: Session, settings: Settings, me: Holder, wanted: QuotaWrite) -> None:
    """Nobody but an ADMIN gives more than they have."""
    if me.kind is UserKind.ADMIN:
        return
    mine = await limits_of(session, settings, me.id)
    for name, value in wanted.model_dump().items():
        limit = getattr(mine, name)
        if value is not None and limit and (not value or value > limit):
            raise AboveOwnQuota(quota=name, limit=limit)


async def _set(
    session: Session, actor: Actor, wanted: QuotaWrite, *, user_id: UUID | None = None, role_id: UUID | None = None
) -> QuotaRead:
    before = _read(await quotas.find(session, user_id=user_id, role_id=role_id))
    await quotas.put(session, wanted.model_dump(), user_id=user_id, role_id=role_id)
    sort, object_id = ("user", user_id) if role_id is None else ("role", role_id)
    after = wanted.model_dump()
    await record(session, actor, AuditAction.QUOTA_CHANGED, sort, object_id, before=before.model_dump(), after=after)
    return QuotaRead(**after)


def _read(quota: Quota | None) -> QuotaRead:
    return QuotaRead(**(dict.fromkeys(QuotaRead.model_fields) if quota is None else _values(quota)))


def _values(quota: Quota | SetLimits) -> dict[str, int | None]:
    return {field.name: getattr(quota, field.name) for field in fields(Limits)}
