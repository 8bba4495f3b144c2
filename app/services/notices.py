"""Notices: that the installation only reads for a while, and what everybody is told."""

from app.core.actor import Actor
from app.core.clock import now
from app.core.db import Session
from app.core.errors import NotFound
from app.core.i18n import Language, Text
from app.models import AuditAction, Notice, NoticeKind
from app.repositories import notices
from app.schemas.notices import AnnouncementWrite, NoticeRead, NoticesRead, ReadOnlyWrite
from app.services.audit.audit import record


async def read(session: Session, language: Language) -> NoticesRead:
    """The notices that are in force."""
    found = {notice.kind: _shown(notice, language) for notice in await notices.in_force(session)}
    return NoticesRead(read_only=found.get(NoticeKind.READ_ONLY), announcement=found.get(NoticeKind.ANNOUNCEMENT))


async def set_read_only(session: Session, actor: Actor, wanted: ReadOnlyWrite) -> NoticeRead:
    """Lets the installation only read, from `starts_at` on."""
    return await _put(session, actor, NoticeKind.READ_ONLY, wanted, retry_after_s=wanted.retry_after_s)


async def announce(session: Session, actor: Actor, wanted: AnnouncementWrite) -> NoticeRead:
    """Tells everybody something."""
    return await _put(session, actor, NoticeKind.ANNOUNCEMENT, wanted, retry_after_s=0)


async def take_back(session: Session, actor: Actor, kind: NoticeKind) -> None:
    """Ends a notice. Raises NotFound when there is none."""
    if not await notices.remove(session, kind):
        raise NotFound
    await record(session, actor, AuditAction.NOTICE_REMOVED, "notice", kind.value)


async def _put(
    session: Session, actor: Actor, kind: NoticeKind, wanted: ReadOnlyWrite | AnnouncementWrite, *, retry_after_s: int
) -> NoticeRead:
    notice = Notice(
        kind=kind,
        text_en=wanted.text_en,
        text_pt=wanted.text_pt,
        starts_at=wanted.starts_at or now(),
        ends_at=wanted.ends_at,
        retry_after_s=retry_after_s,
        set_by=actor.user_id,
    )
    await notices.put(session, notice)
    # Its words are not in the log, which can never be changed.
    after = {"starts_at": notice.starts_at.isoformat(), "ends_at": notice.ends_at and notice.ends_at.isoformat()}
    await record(session, actor, AuditAction.NOTICE_SET, "notice", kind.value, after=after)
    return _shown(notice, actor.language)


def _shown(notice: Notice, language: Language) -> NoticeRead:
    return NoticeRead(
        text=Text(en=notice.text_en, pt=notice.text_pt).to(language),
        text_en=notice.text_en,
        text_pt=notice.text_pt,
        starts_at=notice.starts_at,
        ends_at=notice.ends_at,
        retry_after_s=notice.retry_after_s,
    )
