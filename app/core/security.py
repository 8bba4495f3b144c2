"""Tokens: signed access tokens that say who and which sign-in, and opaque refresh tokens that follow each other."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

import jwt

from app.core.config import Settings
from app.core.errors.accounts import TokenInvalid
from app.core.ids import new_id

ALGORITHM: Final = "HS256"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  (media type of RFC 9068, not a secret)
ISSUER: Final = "agentgraph"
AUDIENCE: Final = "agentgraph-api"
MAX_TOKEN_BYTES: Final = 8192
LEEWAY_S: Final = 10
"""How far clocks of two replicas may be apart."""
HEADER_FIELDS: Final = frozenset({"alg", "typ", "kid"})
CLAIMS: Final = ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp")
REFRESH_PREFIX: Final = "agr_"
REMEMBERED: Final = 4096
"""Access tokens whose signature need not be worked out again: a client sends the same one with each request."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says."""

    user_id: UUID
    sign_in_id: UUID


class AccessTokens:
    """Signs with the first secret and accepts tokens of all; each key is derived for this purpose alone."""

    def __init__(self, secrets_: Sequence[str], *, ttl_s: int) -> None:
        keys = [_derive(secret, b"access tokens") for secret in secrets_]
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: key for key in keys}
        self._key_id = next(iter(self._keys))
        self._verified = lru_cache(maxsize=REMEMBERED)(self._verify)
        self.ttl_s = ttl_s

    def issue(self, claims: AccessClaims, *, at: datetime) -> str:
        """A signed token for `claims`, valid from `at` for the configured time."""
        body = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "sid": str(claims.sign_in_id),
            "jti": str(new_id()),
            "iat": at,
            "nbf": at,
            "exp": at + timedelta(seconds=self.ttl_s),
        }
        headers = {"typ": TOKEN_TYPE, "kid": self._key_id}
        return jwt.encode(body, self._keys[self._key_id], algorithm=ALGORITHM, headers=headers)

    def read(self, token: str) -> AccessClaims:
        """The claims of `token`. Raises TokenInvalid, whatever is wrong with it."""
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenInvalid
        claims, expires_at_s = self._verified(token)
        if expires_at_s + LEEWAY_S <= time.time():
            raise TokenInvalid
        return claims

    def _verify(self, token: str) -> tuple[AccessClaims, float]:
        """The claims of a token whose signature and fields are right, and when it ends (seconds since 1970)."""
        try:
            body = jwt.decode(
                token,
                self._key_for(jwt.get_unverified_header(token)),
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_S,
                options={"require": list(CLAIMS)},
            )
            return AccessClaims(user_id=UUID(body["sub"]), sign_in_id=UUID(body["sid"])), float(body["exp"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise TokenInvalid from error

    def _key_for(self, header: dict[str, object]) -> bytes:
        # A header that asks for anything more (jku, jwk, x5u, crit, zip) is none of ours.
        if set(header) != HEADER_FIELDS or header["typ"] != TOKEN_TYPE or header["alg"] != ALGORITHM:
            raise TokenInvalid
        key = self._keys.get(str(header["kid"]))
        if key is None:
            raise TokenInvalid
        return key


class RefreshTokens:
    """Makes refresh tokens; each child follows from its parent, so that a repeated refresh yields the same child."""

    def __init__(self, secrets_: Sequence[str]) -> None:
        self._keys = [_derive(secret, b"refresh tokens") for secret in secrets_]

    def first(self) -> str:
        """A random token that starts a family."""
        return _encode(secrets.token_bytes(32))

    def child_of(self, parent: str) -> str:
        """The token that follows `parent`; nobody without the server's key can compute it."""
        return self.children_of(parent)[0]

    def children_of(self, parent: str) -> list[str]:
        """That token, and after it those that `parent` would have got before each rotation of the keys."""
        return [_encode(hmac.digest(key, parent.encode(), "sha256")) for key in self._keys]


def digest_of(refresh_token: str) -> bytes:
    """What is stored of a refresh token, 32 bytes; it is random enough to need no slow hash."""
    return hashlib.sha256(refresh_token.encode()).digest()


def audit_key(settings: Settings) -> bytes | None:
    """The key that seals the audit log, 32 bytes; None on an installation without any secret."""
    secret = settings.audit_secret or settings.jwt_secret
    return None if secret is None else _derive(secret.get_secret_value(), b"audit log")


def replay_key(settings: Settings) -> bytes:
    """The key under which kept answers are sealed, 32 bytes."""
    secret = "" if settings.jwt_secret is None else settings.jwt_secret.get_secret_value()
    return _derive(secret, b"kept answers")


def _encode(raw: bytes) -> str:
    return REFRESH_PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _derive(secret: str, purpose: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"agentgraph " + purpose, "sha256")
