"""A way back in for people who forgot their password: a mail with a token that works once and not for long."""

import logging
import secrets
from datetime import timedelta
from typing import Final

from app.core import clock
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.errors.accounts import ResetTokenInvalid
from app.core.i18n import Language, Text
from app.core.mail import Mail
from app.core.passwords import PasswordHasher, check_password
from app.core.security import digest_of
from app.models import AuditAction, PasswordReset, User
from app.repositories import auth, users
from app.services.audit.audit import record
from app.services.platform import Platform

PREFIX: Final = "agp_"
AGAIN_AFTER: Final = timedelta(minutes=1)
"""How soon another mail may go to the same account: nobody's mailbox is filled by strangers."""
SUBJECT: Final = Text(en="A new password for AgentGraph", pt="Uma nova senha para o AgentGraph")
BODY: Final = Text(
    en="Somebody, probably you, asked for a new password.\n\n{how}\n\nThis works once and for {minutes} minutes. "
    "If it was not you, do nothing: your password stays as it is.\n",
    pt="Alguém, provavelmente você, pediu uma nova senha.\n\n{how}\n\nIsto vale uma vez e por {minutes} minutos. "
    "Se não foi você, não faça nada: sua senha continua a mesma.\n",
)
TOKEN_ONLY: Final = Text(
    en="Send this token with your new password to POST /api/v1/auth/reset-password:\n\n{token}",
    pt="Envie este token com a nova senha para POST /api/v1/auth/reset-password:\n\n{token}",
)
_log = logging.getLogger(__name__)


async def send_token(platform: Platform, email: str, language: Language) -> None:
    """Mails a token to the account with that e-mail, when there is an active one.

    Call it after the answer was sent: neither its length nor its failure may show whether there is an account.
    """
    try:
        token = await _new_token(platform, email)
        if token is not None:
            await platform.mailer.send(_mail(platform, email, token, language))
    except Unavailable:
        _log.warning("a mail for a new password was not sent")


async def reset(database: Database, passwords: PasswordHasher, *, token: str, new_password: str) -> None:
    """Sets the password that goes with a token and ends all sign-ins. Raises ResetTokenInvalid, WeakPassword."""
    digest = digest_of(token)
    async with database.read() as session:
        found = await auth.find_reset(session, digest)
    if found is None:
        raise ResetTokenInvalid
    user_id, email, name = found
    check_password(new_password, email=email, name=name, pointer="/new_password")
    new_hash = await passwords.hash(new_password)
    now = clock.now()
    async with database.transaction() as session:
        if not await auth.use_resets(session, user_id, digest, at=now):
            raise ResetTokenInvalid
        user = await session.get_one(User, user_id)
        user.password_hash = new_hash
        await auth.revoke_all(session, user_id, reason="password_reset", at=now)
        await record(session, user, AuditAction.PASSWORD_RESET, "user", user_id)


async def _new_token(platform: Platform, email: str) -> str | None:
    now = clock.now()
    async with platform.database.transaction() as session:
        user = await users.find_by_email(session, email)
        if user is None or not user.is_active or user.deleted_at is not None:
            return None
        if await auth.has_reset_since(session, user.id, now - AGAIN_AFTER):
            return None
        token = PREFIX + secrets.token_urlsafe(32)
        expires_at = now + timedelta(seconds=platform.settings.password_reset_ttl_s)
        session.add(PasswordReset(user_id=user.id, token_hash=digest_of(token), expires_at=expires_at))
        await record(session, None, AuditAction.PASSWORD_RESET_ASKED, "user", user.id)
        return token


def _mail(platform: Platform, email: str, token: str, language: Language) -> Mail:
    settings = platform.settings
    page = settings.password_reset_page
    how = TOKEN_ONLY.to(language, token=token) if page is None else f"{page}#token={token}"
    minutes = settings.password_reset_ttl_s // 60
    return Mail(to=email, subject=SUBJECT.to(language), text=BODY.to(language, how=how, minutes=minutes))
