"""Routes for what everybody is told of the installation."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.api.deps import LanguageDep, SessionDep, open_to_strangers, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.models import NoticeKind
from app.schemas.notices import AnnouncementWrite, NoticeRead, NoticesRead, ReadOnlyWrite
from app.services import notices

router = APIRouter(tags=["admin"])

Writer = Annotated[Actor, Depends(requires(Permission.SYSTEM_UPDATE))]


@router.get("/notices", dependencies=[Depends(open_to_strangers)])
async def read_notices(session: SessionDep, language: LanguageDep) -> NoticesRead:
    """What everybody is told at this moment, before signing in as well: maintenance, and an announcement."""
    return await notices.read(session, language)


@router.put("/admin/notices/read-only")
async def set_read_only(actor: Writer, body: ReadOnlyWrite, session: SessionDep) -> NoticeRead:
    """Lets the installation only read, as for maintenance.

    Within a second, requests that change something are answered 503 (`read_only`) with `Retry-After`; reading, signing
    in, cancelling and this route work. What was accepted before is still done; schedules wait.
    """
    return await notices.set_read_only(session, actor, body)


@router.delete("/admin/notices/read-only", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def end_read_only(actor: Writer, session: SessionDep) -> None:
    """Lets the installation work again, within a second."""
    await notices.take_back(session, actor, NoticeKind.READ_ONLY)


@router.put("/admin/notices/announcement")
async def announce(actor: Writer, body: AnnouncementWrite, session: SessionDep) -> NoticeRead:
    """Tells everybody something in both languages, in the place of what they were told before."""
    return await notices.announce(session, actor, body)


@router.delete("/admin/notices/announcement", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def take_announcement_back(actor: Writer, session: SessionDep) -> None:
    """Takes the announcement back."""
    await notices.take_back(session, actor, NoticeKind.ANNOUNCEMENT)
