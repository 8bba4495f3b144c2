"""What authentication works with: hashing, tokens and how long they live."""

from dataclasses import dataclass
from datetime import timedelta

from app.core.config import Settings
from app.core.errors import Misconfigured
from app.core.passwords import PasswordHasher
from app.core.security import AccessTokens, RefreshTokens


@dataclass(frozen=True, slots=True)
class Credentials:
    """Makers and checkers of all credentials, one set a process."""

    passwords: PasswordHasher
    access: AccessTokens
    refresh: RefreshTokens
    refresh_ttl: timedelta

    def close(self) -> None:
        """Ends the hashing threads."""
        self.passwords.close()


def credentials_from(settings: Settings) -> Credentials:
    """The credentials of an installation. Raises Misconfigured when there is no signing secret."""
    if settings.jwt_secret is None:
        raise Misconfigured(setting="AGENTGRAPH_JWT_SECRET", reason="a secret of at least 32 bytes is needed")
    secrets = [secret.get_secret_value() for secret in (settings.jwt_secret, *settings.jwt_previous_secrets)]
    return Credentials(
        passwords=PasswordHasher(),
        access=AccessTokens(secrets, ttl_s=settings.access_token_ttl_s),
        refresh=RefreshTokens(secrets),
        refresh_ttl=timedelta(seconds=settings.refresh_token_ttl_s),
    )
