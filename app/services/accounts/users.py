"""Accounts: creating them, and what people do with their own."""

from dataclasses import dataclass

from app.core import clock
from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import NotFound
from app.core.errors.accounts import RegistrationClosed, WrongPassword
from app.core.passwords import PasswordHasher, check_password
from app.core.permissions import UserKind
from app.core.rights import Holder
from app.models import AuditAction, User
from app.repositories import auth, rights, users
from app.services.accounts.rate_limits import begin_proof
from app.services.audit.audit import record
from app.services.platform import Platform


@dataclass(frozen=True, slots=True)
class Profile:
    """An account, and what its rights follow from."""

    user: User
    holder: Holder


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What a person changes about their own account; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    new_password: str | None = None
    current_password: str | None = None
    """Proof that it is the owner who asks."""
    session_retention_days: int | None = None
    """0 leaves it to the installation."""

    @property
    def is_sensitive(self) -> bool:
        """Whether the current password is needed: the change would let somebody else take the account over."""
        return self.email is not None or self.new_password is not None


async def register(
    session: Session, settings: Settings, passwords: PasswordHasher, *, email: str, name: str, password: str
) -> Profile:
    """Creates a NORMAL account. Raises RegistrationClosed, WeakPassword, EmailTaken, Overloaded."""
    if not settings.registration_open:
        raise RegistrationClosed
    user = await _create(session, passwords, UserKind.NORMAL, email=email, name=name, password=password)
    await record(session, user, AuditAction.USER_REGISTERED, "user", user.id)
    return await _profile(session, user)


async def create_admin(session: Session, passwords: PasswordHasher, *, email: str, name: str, password: str) -> User:
    """Creates an ADMIN, for whoever runs the installation. Raises WeakPassword, EmailTaken."""
    user = await _create(session, passwords, UserKind.ADMIN, email=email, name=name, password=password)
    await record(session, None, AuditAction.USER_CREATED, "user", user.id, after={"kind": UserKind.ADMIN.value})
    return user


async def has_admin(session: Session) -> bool:
    """Whether an active administrator exists."""
    return bool(await users.lock_active_admins(session))


async def read_profile(session: Session, actor: Actor) -> Profile:
    """The actor's own account."""
    return await _profile(session, await users.get_own(session, actor))


async def change_profile(
    session: Session,
    platform: Platform,
    passwords: PasswordHasher,
    actor: Actor,
    change: ProfileChange,
) -> Profile:
    """Applies what the actor changes about their own account; a new password ends all other sign-ins.

    Raises WrongPassword, WeakPassword, EmailTaken, Overloaded.
    """
    if change.is_sensitive:
        await confirm(platform, passwords, actor, change.current_password, pointer="/current_password")
    new_hash = None if change.new_password is None else await passwords.hash(change.new_password)
    user = await users.get_own(session, actor, lock=True)
    user.name = change.name or user.name
    user.email = change.email or user.email
    if change.session_retention_days is not None:
        user.session_retention_days = change.session_retention_days or None
    if change.new_password is not None and new_hash is not None:
        check_password(change.new_password, email=user.email, name=user.name, pointer="/new_password")
        user.password_hash = new_hash
        await auth.revoke_all(session, user.id, reason="password_changed", at=clock.now(), but=actor.sign_in_id)
    await users.flush_email(session)
    # Which fields, not their values: the log cannot be changed, and a person may leave.
    fields = ("name", "email", "new_password", "session_retention_days")
    changed = [name for name in fields if getattr(change, name) is not None]
    await record(session, actor, AuditAction.PROFILE_CHANGED, "user", user.id, after={"changed": changed})
    return await _profile(session, user)


async def confirm(
    platform: Platform, passwords: PasswordHasher, actor: Actor, password: str | None, *, pointer: str
) -> None:
    """Lets only the owner of the account pass. Raises WrongPassword at `pointer`, RateLimited, Overloaded."""
    uses = await begin_proof(platform.limiter, platform.settings, actor.user_id)
    # Reads on its own, before the request's transaction begins: no connection is held while the password is hashed.
    async with platform.database.read() as session:
        user = await users.get_own(session, actor)
    verdict = await passwords.verify(password or "", user.password_hash)
    if not verdict.matches:
        raise WrongPassword(pointer=pointer)
    await platform.limiter.give_back(uses)


async def _profile(session: Session, user: User) -> Profile:
    holder = await rights.find(session, user.id)
    if holder is None:
        raise NotFound
    return Profile(user, holder)


async def _create(
    session: Session, passwords: PasswordHasher, kind: UserKind, *, email: str, name: str, password: str
) -> User:
    check_password(password, email=email, name=name)
    user = User(email=email, name=name, kind=kind, password_hash=await passwords.hash(password))
    return await users.add(session, user)
