"""Codes of an authenticator app (RFC 6238), and the codes that stand in for a lost one."""

import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp

ISSUER: Final = "AgentGraph"
DIGITS: Final = 6
STEP_S: Final = 30
SLACK_STEPS: Final = 1
"""Steps before and after the present one whose code counts as well: clocks differ, and people type slowly
(RFC 6238, 5.2, advises one)."""
RECOVERY_CODES: Final = 10
RECOVERY_GROUPS: Final = 4
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for each other: 32, so that a code of 16 has 80 bits."""


def new_secret() -> str:
    """A random secret for an authenticator app: 160 bits (RFC 4226, 4), in Base32."""
    return pyotp.random_base32(32)


def otpauth_uri(secret: str, account: str) -> str:
    """The address that an authenticator app takes, as text or as a QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step that `code` belongs to, among those that count at `at`; None when it belongs to none."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    present, found = int(at.timestamp()) // STEP_S, None
    for step in range(present - SLACK_STEPS, present + SLACK_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Fresh codes of four groups of four, each of which works once."""
    return ["-".join(_group() for _ in range(RECOVERY_GROUPS)) for _ in range(RECOVERY_CODES)]


def tidy(code: str) -> str:
    """A code as it is stored and compared, however somebody typed it."""
    return code.strip().lower().replace(" ", "")


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))
