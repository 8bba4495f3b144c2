"""Routes for sharing files, databases and conversations: with whom, and to be read only."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import ValidationFailed
from app.core.errors.people import NotYours
from app.core.permissions import Permission
from app.models import SharedKind
from app.schemas.common import PageRead
from app.schemas.shares import ShareCreate, ShareRead
from app.services import shares

SHARING: Final[Mapping[SharedKind, Permission]] = {
    SharedKind.FILE: Permission.FILES_SHARE,
    SharedKind.DATABASE: Permission.DATABASES_SHARE,
    SharedKind.SESSION: Permission.SESSIONS_SHARE,
}


def routes_of(kind: SharedKind, permission: Permission) -> APIRouter:
    """The routes on the shares of one kind of thing, which are the same for all kinds."""
    thing = kind.value
    routes = APIRouter(prefix=f"/{thing}s/{{{thing}_id}}/shares", tags=["shares"])

    @routes.get("", name=f"list_{thing}_shares", responses=problems(NotYours))
    async def list_shares(
        actor: Annotated[Actor, Depends(requires(permission))],
        thing_id: Annotated[UUID, Path(alias=f"{thing}_id")],
        session: SessionDep,
        page: PageDep,
    ) -> PageRead[ShareRead]:
        """With whom it is shared, newest first; for its owner, and the MASTER who manages the owner."""
        return PageRead[ShareRead].model_validate(await shares.list_page(session, actor, kind, thing_id, page))

    @routes.post(
        "",
        name=f"share_{thing}",
        status_code=status.HTTP_201_CREATED,
        responses=problems(NotYours, ValidationFailed),
    )
    async def share(
        actor: Annotated[Actor, Depends(requires(permission))],
        thing_id: Annotated[UUID, Path(alias=f"{thing}_id")],
        body: ShareCreate,
        session: SessionDep,
    ) -> ShareRead:
        """Lets a user, or everybody with a role, read it; nobody else changes it. Shared twice is shared once.

        A file or database can be asked about; how a database is reached and entered stays hidden. Of a conversation,
        answers that rest on sources of a third person are withheld from readers with whom those are not shared too.
        """
        return await shares.add(session, actor, kind, thing_id, body)

    @routes.delete(
        "/{share_id}",
        name=f"revoke_{thing}_share",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(NotYours),
    )
    async def revoke(
        actor: Annotated[Actor, Depends(requires(permission))],
        thing_id: Annotated[UUID, Path(alias=f"{thing}_id")],
        share_id: UUID,
        session: SessionDep,
    ) -> None:
        """Takes a share back. It counts at once, also for answers that were given before."""
        await shares.remove(session, actor, kind, thing_id, share_id)

    return routes


router = APIRouter()
for shared_kind, sharing in SHARING.items():
    router.include_router(routes_of(shared_kind, sharing))
