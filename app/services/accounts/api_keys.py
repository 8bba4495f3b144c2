"""API keys: making, showing and ending them, and who calls with one."""

import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.errors import NotFound, ValidationFailed
from app.core.errors.accounts import ScopeNotHeld, TokenInvalid
from app.core.i18n import Language, Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.core.rights import held
from app.core.security import MAX_TOKEN_BYTES, digest_of
from app.models import ApiKey, AuditAction
from app.repositories import api_keys
from app.schemas.api_keys import ApiKeyCreate, ApiKeyRead
from app.services.audit.audit import record

PREFIX: Final = "ag_"
SHOWN_CHARS: Final = 11
_IN_THE_PAST: Final = Text(en="The key would have expired already.", pt="A chave já estaria expirada.")


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key and its text, which exists only now."""

    key: ApiKeyRead
    text: str


def is_api_key(credential: str) -> bool:
    """Whether a bearer credential is an API key, by its first letters."""
    return credential.startswith(PREFIX)


async def create(session: Session, actor: Actor, wanted: ApiKeyCreate) -> MadeKey:
    """Makes a key that may do `scopes`. Raises ScopeNotHeld, ValidationFailed."""
    for position, scope in enumerate(wanted.scopes):
        if scope not in actor.permissions:
            raise ScopeNotHeld(pointer=f"/scopes/{position}", scope=scope.value)
    if wanted.expires_at is not None and wanted.expires_at <= clock.now():
        raise ValidationFailed(_IN_THE_PAST, pointer="/expires_at")
    text = PREFIX + secrets.token_urlsafe(32)
    scopes = sorted({scope.value for scope in wanted.scopes})
    key = ApiKey(
        id=new_id(),
        owner_id=actor.user_id,
        name=wanted.name,
        prefix=text[:SHOWN_CHARS],
        key_hash=digest_of(text),
        scopes=scopes,
        expires_at=wanted.expires_at,
    )
    await api_keys.add(session, key)
    await record(session, actor, AuditAction.KEY_CREATED, "api_key", key.id, after={"scopes": scopes})
    return MadeKey(ApiKeyRead.model_validate(key), text)


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[ApiKeyRead]:
    """The actor's keys, newest first."""
    rows = await api_keys.page(session, actor.user_id, request)
    return page_of([ApiKeyRead.model_validate(row) for row in rows], request)


async def revoke(session: Session, actor: Actor, key_id: UUID) -> None:
    """Ends a key at once. Raises NotFound."""
    if not await api_keys.revoke(session, actor.user_id, key_id):
        raise NotFound
    await record(session, actor, AuditAction.KEY_REVOKED, "api_key", key_id)


async def identify(database: Database, key: str, language: Language) -> Actor:
    """The owner behind a key, with the rights that both hold right now; notes its use once a minute.

    Raises TokenInvalid.
    """
    if len(key) > MAX_TOKEN_BYTES:
        raise TokenInvalid
    async with database.identify() as session:
        identity = await api_keys.find_identity(session, digest_of(key))
    if identity is None:
        raise TokenInvalid
    actor = Actor(
        user_id=identity.owner.id,
        kind=identity.owner.kind,
        permissions=held(identity.owner) & identity.scopes,
        sign_in_id=None,
        language=language,
        api_key_id=identity.key_id,
    )
    if identity.is_use_due:
        async with database.transaction() as session:
            if await api_keys.note_use(session, identity.key_id):
                await record(session, actor, AuditAction.KEY_USED, "api_key", identity.key_id)
    return actor
