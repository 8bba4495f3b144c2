"""A second factor for signing in: setting an authenticator app up, asking for its codes, and switching it off."""

from uuid import UUID

from app.core import one_time_codes
from app.core.actor import Actor
from app.core.crypto import open_vault
from app.core.db import Session
from app.core.errors import NotFound
from app.core.errors.access import SecondFactorOn, SecondFactorRequired, SecondFactorWrong
from app.core.ids import new_id
from app.core.passwords import PasswordHasher
from app.core.permissions import Permission
from app.core.rights import require_may_manage
from app.core.security import digest_of
from app.models import AuditAction, AuditOutcome, SecondFactor
from app.repositories import second_factors, users
from app.schemas.second_factors import (
    SecondFactorConfirmed,
    SecondFactorEnd,
    SecondFactorRead,
    SecondFactorStarted,
)
from app.services.accounts import acting
from app.services.accounts.rate_limits import begin_proof
from app.services.accounts.users import confirm as confirm_password
from app.services.audit.audit import record
from app.services.platform import Platform


async def read(session: Session, actor: Actor) -> SecondFactorRead:
    """The actor's own second factor."""
    factor = await second_factors.find(session, actor.user_id)
    confirmed_at = None if factor is None else factor.confirmed_at
    left = await second_factors.recovery_codes_left(session, actor.user_id)
    return SecondFactorRead(is_on=confirmed_at is not None, confirmed_at=confirmed_at, recovery_codes_left=left)


async def start(platform: Platform, passwords: PasswordHasher, actor: Actor, password: str) -> SecondFactorStarted:
    """Makes a secret for the actor's authenticator app, which counts once it is confirmed.

    Raises WrongPassword, RateLimited, SecondFactorOn, Overloaded.
    """
    await confirm_password(platform, passwords, actor, password, pointer="/password")
    secret, factor_id = one_time_codes.new_secret(), new_id()
    sealed = open_vault(platform.settings).seal(secret, record_id=factor_id)
    async with platform.database.transaction() as session:
        user = await users.get_own(session, actor, lock=True)
        present = await second_factors.find(session, user.id)
        if present is not None and present.confirmed_at is not None:
            raise SecondFactorOn
        await second_factors.replace(session, SecondFactor(id=factor_id, user_id=user.id, secret=sealed))
    return SecondFactorStarted(uri=one_time_codes.otpauth_uri(secret, user.email), base32=secret)


async def confirm(platform: Platform, actor: Actor, code: str) -> SecondFactorConfirmed:
    """Switches the second factor on, when `code` shows that the app has its secret.

    Raises NotFound, SecondFactorOn, SecondFactorWrong, RateLimited.
    """
    uses = await begin_proof(platform.limiter, platform.settings, actor.user_id)
    codes = one_time_codes.new_recovery_codes()
    async with platform.database.transaction() as session:
        await users.get_own(session, actor, lock=True)
        factor = await second_factors.find(session, actor.user_id)
        if factor is None:
            raise NotFound
        if factor.confirmed_at is not None:
            raise SecondFactorOn
        if not await _is_taken(platform, session, factor, one_time_codes.tidy(code)):
            raise SecondFactorWrong
        await second_factors.confirm(session, actor.user_id, [digest_of(each) for each in codes], at=platform.now())
        await record(session, actor, AuditAction.SECOND_FACTOR_ON, "user", actor.user_id)
    await platform.limiter.give_back(uses)
    return SecondFactorConfirmed(recovery_codes=codes)


async def end(platform: Platform, passwords: PasswordHasher, actor: Actor, proof: SecondFactorEnd) -> None:
    """Switches the actor's second factor off.

    Raises WrongPassword, SecondFactorWrong, RateLimited, NotFound, Overloaded.
    """
    password = proof.password.get_secret_value()
    await confirm_password(platform, passwords, actor, password, pointer="/password")
    await require(platform, actor.user_id, proof.code)
    async with platform.database.transaction() as session:
        if not await second_factors.remove(session, actor.user_id):
            raise NotFound
        await record(session, actor, AuditAction.SECOND_FACTOR_OFF, "user", actor.user_id)


async def take_away(session: Session, actor: Actor, user_id: UUID) -> None:
    """Switches off the second factor of somebody whom the actor manages and who has lost app and recovery codes.

    Raises NotFound, OwnAccount, AboveOwnKind.
    """
    me = await acting.begin(session, actor)
    require_may_manage(me, await acting.person(session, user_id), Permission.USERS_UPDATE)
    if not await second_factors.remove(session, user_id):
        raise NotFound
    await record(session, actor, AuditAction.SECOND_FACTOR_OFF, "user", user_id)


async def require(platform: Platform, user_id: UUID, code: str | None) -> None:
    """Lets only pass whoever has the second factor of the account, when it is on; a code works once.

    Wrong codes make only those wait who know the password. Raises SecondFactorRequired, SecondFactorWrong, RateLimited.
    """
    async with platform.database.read() as session:
        factor = await second_factors.find(session, user_id)
    if factor is None or factor.confirmed_at is None:
        return
    if code is None:
        raise SecondFactorRequired
    uses = await begin_proof(platform.limiter, platform.settings, user_id)
    async with platform.database.transaction() as session:
        is_right = await _accept(platform, session, factor, one_time_codes.tidy(code))
        if not is_right:
            await record(session, None, AuditAction.SECOND_FACTOR_FAILED, "user", user_id, outcome=AuditOutcome.REFUSED)
    if not is_right:
        raise SecondFactorWrong
    await platform.limiter.give_back(uses)


async def _accept(platform: Platform, session: Session, factor: SecondFactor, code: str) -> bool:
    if await _is_taken(platform, session, factor, code):
        return True
    if not await second_factors.use_recovery_code(session, factor.user_id, digest_of(code), at=platform.now()):
        return False
    await record(session, None, AuditAction.RECOVERY_CODE_USED, "user", factor.user_id)
    return True


async def _is_taken(platform: Platform, session: Session, factor: SecondFactor, code: str) -> bool:
    """Whether `code` is the app's, and was not used before."""
    secret = open_vault(platform.settings).open(factor.secret, record_id=factor.id)
    step = one_time_codes.step_of(secret, code, platform.now())
    return step is not None and await second_factors.use_step(session, factor.id, step)
