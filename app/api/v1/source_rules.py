"""Routes for what others may see of the rows and columns of a shared file or database."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotReady, ValidationFailed
from app.core.errors.access import PolicyInvalid
from app.core.errors.people import NotYours
from app.core.permissions import Permission
from app.models import SharedKind
from app.schemas.common import PageRead
from app.schemas.source_rules import RulesRead, RulesWrite
from app.services import source_rules

RULING: Final[Mapping[SharedKind, Permission]] = {
    SharedKind.FILE: Permission.FILES_SHARE,
    SharedKind.DATABASE: Permission.DATABASES_SHARE,
}


def routes_of(kind: SharedKind, permission: Permission) -> APIRouter:
    """The routes on the rules of one kind of source, which are the same for both."""
    source = kind.value
    routes = APIRouter(prefix=f"/{source}s/{{{source}_id}}/rules", tags=["shares"])

    @routes.get("", name=f"list_{source}_rules", responses=problems(NotYours))
    async def list_rules(
        actor: Annotated[Actor, Depends(requires(permission))],
        source_id: Annotated[UUID, Path(alias=f"{source}_id")],
        session: SessionDep,
        page: PageDep,
    ) -> PageRead[RulesRead]:
        """What others may see of it, by role; for its owner, and the MASTER who manages the owner."""
        return PageRead[RulesRead].model_validate(await source_rules.list_page(session, actor, kind, source_id, page))

    @routes.put("", name=f"set_{source}_rules", responses=problems(NotYours, NotReady, PolicyInvalid, ValidationFailed))
    async def set_rules(
        actor: Annotated[Actor, Depends(requires(permission))],
        source_id: Annotated[UUID, Path(alias=f"{source}_id")],
        body: RulesWrite,
        session: SessionDep,
    ) -> RulesRead:
        """Says which tables, rows and columns those with a role see; it holds at once and everywhere.

        A view of a database is a table of its own: what it shows of another table is not covered by that one's rules.
        """
        return await source_rules.put(session, actor, kind, source_id, body)

    @routes.delete(
        "/{rules_id}",
        name=f"remove_{source}_rules",
        status_code=status.HTTP_204_NO_CONTENT,
        responses=problems(NotYours),
    )
    async def remove_rules(
        actor: Annotated[Actor, Depends(requires(permission))],
        source_id: Annotated[UUID, Path(alias=f"{source}_id")],
        rules_id: UUID,
        session: SessionDep,
    ) -> None:
        """Takes rules away: everybody with the role sees what the rules for everybody leave, or all."""
        await source_rules.remove(session, actor, kind, source_id, rules_id)

    return routes


router = APIRouter()
for ruled_kind, ruling in RULING.items():
    router.include_router(routes_of(ruled_kind, ruling))
