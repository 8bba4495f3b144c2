"""Signing in, staying signed in and signing out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.core import clock
from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.errors.accounts import BadCredentials, TokenInvalid, TokenReused
from app.core.i18n import Language
from app.core.ids import new_id
from app.core.rights import Holder, held
from app.core.security import AccessClaims, digest_of
from app.models import AuditAction, AuditOutcome, RefreshToken, SignIn, User
from app.repositories import auth, rights, users
from app.services.accounts import second_factors
from app.services.accounts.credentials import Credentials
from app.services.accounts.rate_limits import begin_sign_in
from app.services.audit.audit import record
from app.services.platform import Platform

RETRY_WINDOW: Final = timedelta(seconds=10)
"""How long the direct parent may be sent again, by a client that lost the answer, and gets the same child."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from, as far as the request tells."""

    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh pair of tokens and whose they are."""

    user: User
    holder: Holder
    access_token: str
    access_ttl_s: int
    refresh_token: str
    refresh_expires_at: datetime


async def login(
    platform: Platform, credentials: Credentials, device: Device, *, email: str, password: str, code: str | None = None
) -> SignedIn:
    """Signs a user in. Raises BadCredentials for an unknown, inactive or deleted account and a wrong password alike.

    Raises RateLimited after too many wrong passwords from this address, SecondFactorRequired and SecondFactorWrong
    when only the code is missing or wrong. Takes the database and not a session: no
    connection is held while the password is hashed.
    """
    database = platform.database
    async with database.read() as session:
        user = await users.find_by_email(session, email)
        is_known = await auth.was_signed_in_from(session, None if user is None else user.id, device.address)
    tries = await begin_sign_in(
        platform.limiter, platform.settings, account=email, address=device.address, is_known=is_known
    )
    known = user if user is not None and user.is_active and user.deleted_at is None else None
    verdict = await credentials.passwords.verify(password, known.password_hash if known else None)
    if known is None or not verdict.matches:
        await _record_failure(database, user)
        raise BadCredentials
    await platform.limiter.give_back(tries)
    await second_factors.require(platform, known.id, code)
    async with database.transaction() as session:
        if verdict.new_hash is not None:
            known = await session.merge(known)
            known.password_hash = verdict.new_hash
        signed_in = await open_sign_in(session, credentials, device, known)
        await record(session, known, AuditAction.SIGNED_IN, "user", known.id)
        return signed_in


async def open_sign_in(session: Session, credentials: Credentials, device: Device, user: User) -> SignedIn:
    """Starts a sign-in of `user`, whose password was checked before, and issues its first tokens."""
    now = clock.now()
    sign_in = SignIn(
        id=new_id(),
        user_id=user.id,
        last_used_at=now,
        expires_at=now + credentials.refresh_ttl,
        address=device.address,
        user_agent=device.user_agent,
    )
    refresh_token = credentials.refresh.first()
    await auth.add_sign_in(session, sign_in, _row(refresh_token, sign_in))
    return await _issue(session, credentials, user, sign_in, refresh_token)


async def refresh(session: Session, credentials: Credentials, refresh_token: str) -> SignedIn:
    """Exchanges a refresh token for the next pair.

    The direct parent of the newest token may be repeated for ten seconds and yields the same child. Raises
    TokenReused, and revokes the whole sign-in, for any other token that was used before; else TokenInvalid.
    """
    family = await auth.lock_family(session, digest_of(refresh_token))
    now = clock.now()
    if family is None or not _is_alive(family, now):
        raise TokenInvalid
    if family.token.used_at is None:
        child = credentials.refresh.child_of(refresh_token)
        family.token.used_at = family.sign_in.last_used_at = now
        family.sign_in.expires_at = now + credentials.refresh_ttl
        await auth.add_token(session, _row(child, family.sign_in))
        return await _issue(session, credentials, family.user, family.sign_in, child)
    repeated = await _repeated_child(session, credentials, family.token, refresh_token, now)
    if repeated is None:
        await auth.revoke_sign_in(session, family.sign_in.id, reason="refresh_token_reused", at=now)
        action = AuditAction.REFRESH_TOKEN_REUSED
        await record(session, None, action, "sign_in", family.sign_in.id, outcome=AuditOutcome.REFUSED)
        raise TokenReused
    return await _issue(session, credentials, family.user, family.sign_in, repeated)


async def logout(session: Session, actor: Actor) -> None:
    """Ends the sign-in that the actor's token came from; from the commit on no replica accepts it."""
    if actor.sign_in_id is not None:
        await auth.revoke_sign_in(session, actor.sign_in_id, reason="logout", at=clock.now())
        await record(session, actor, AuditAction.SIGNED_OUT, "sign_in", actor.sign_in_id)


async def identify(database: Database, credentials: Credentials, token: str, language: Language) -> Actor:
    """The actor behind an access token, with the rights of this very moment. Raises TokenInvalid."""
    claims = credentials.access.read(token)
    async with database.identify() as session:
        identity = await auth.find_identity(session, user_id=claims.user_id, sign_in_id=claims.sign_in_id)
    if identity is None:
        raise TokenInvalid
    return Actor(
        user_id=identity.id,
        kind=identity.kind,
        permissions=held(identity),
        sign_in_id=claims.sign_in_id,
        language=language,
    )


async def _record_failure(database: Database, user: User | None) -> None:
    # The same statement for a known and an unknown account, and never what was typed: people type passwords there.
    async with database.transaction() as session:
        user_id = None if user is None else user.id
        await record(session, None, AuditAction.SIGN_IN_FAILED, "user", user_id, outcome=AuditOutcome.REFUSED)


def _is_alive(family: auth.Family, now: datetime) -> bool:
    user, sign_in = family.user, family.sign_in
    return (
        user.is_active
        and user.deleted_at is None
        and sign_in.revoked_at is None
        and min(sign_in.expires_at, family.token.expires_at) > now
    )


async def _repeated_child(
    session: Session, credentials: Credentials, parent: RefreshToken, refresh_token: str, now: datetime
) -> str | None:
    """The child that an honest client which lost the answer gets again; None when this is no such client."""
    if parent.used_at is None or now - parent.used_at > RETRY_WINDOW:
        return None
    for child in credentials.refresh.children_of(refresh_token):
        row = await auth.find_token(session, digest_of(child))
        if row is not None:
            return child if row.used_at is None else None
    return None


def _row(refresh_token: str, sign_in: SignIn) -> RefreshToken:
    return RefreshToken(sign_in_id=sign_in.id, token_hash=digest_of(refresh_token), expires_at=sign_in.expires_at)


async def _issue(
    session: Session, credentials: Credentials, user: User, sign_in: SignIn, refresh_token: str
) -> SignedIn:
    holder = await rights.find(session, user.id)
    if holder is None:
        raise TokenInvalid
    claims = AccessClaims(user_id=user.id, sign_in_id=sign_in.id)
    return SignedIn(
        user=user,
        holder=holder,
        access_token=credentials.access.issue(claims, at=clock.now()),
        access_ttl_s=credentials.access.ttl_s,
        refresh_token=refresh_token,
        refresh_expires_at=sign_in.expires_at,
    )
