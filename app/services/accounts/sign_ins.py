"""Where somebody is signed in, and ending that."""

from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, SignIn
from app.repositories import auth
from app.schemas.auth import SignInRead
from app.services.audit.audit import record


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[SignInRead]:
    """The actor's living sign-ins, newest first."""
    rows = await auth.sign_ins_page(session, actor.user_id, request)
    return page_of([_read(row, actor) for row in rows], request)


async def revoke(session: Session, actor: Actor, sign_in_id: UUID) -> None:
    """Ends one of the actor's sign-ins with all of its tokens. Raises NotFound."""
    if not await auth.owns_sign_in(session, actor.user_id, sign_in_id):
        raise NotFound
    await auth.revoke_sign_in(session, sign_in_id, reason="revoked", at=clock.now())
    await record(session, actor, AuditAction.SIGN_IN_REVOKED, "sign_in", sign_in_id)


async def revoke_others(session: Session, actor: Actor) -> None:
    """Ends all of the actor's sign-ins but the one that asks."""
    await auth.revoke_all(session, actor.user_id, reason="revoked", at=clock.now(), but=actor.sign_in_id)
    await record(session, actor, AuditAction.SIGN_IN_REVOKED, "user", actor.user_id, after={"which": "all others"})


def _read(sign_in: SignIn, actor: Actor) -> SignInRead:
    return SignInRead(
        id=sign_in.id,
        is_current=sign_in.id == actor.sign_in_id,
        address=sign_in.address,
        user_agent=sign_in.user_agent,
        created_at=sign_in.created_at,
        last_used_at=sign_in.last_used_at,
        expires_at=sign_in.expires_at,
    )
