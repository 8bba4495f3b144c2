"""Passwords: the rules for choosing one, and Argon2id hashing that neither blocks the event loop nor floods the CPU."""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.core.errors import Overloaded
from app.core.errors.accounts import WeakPassword

T = TypeVar("T")

MIN_CHARS: Final = 8
MAX_CHARS: Final = 128
"""NIST SP 800-63B asks for at least 64; a bound keeps the work of one attempt bounded."""
MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
"""Argon2id parameters of the OWASP password storage recommendations: 19 MiB, two passes, one lane."""
MAX_RUNNING: Final = max(1, (os.cpu_count() or 2) // 2)
"""Half of the cores: the other half stays with everybody else in a storm of logins."""
MAX_WAITING: Final = 20
RETRY_AFTER_S: Final = 2

COMMON: Final = frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())
"""Passwords of at least eight characters that lists of leaked ones put first, in English and Portuguese."""


def check_password(password: str, *, email: str, name: str, pointer: str = "/password") -> None:
    """Raises WeakPassword when it is common, repeats one or two characters, or is the account's name or e-mail."""
    folded = password.casefold()
    own = {email.casefold(), email.casefold().partition("@")[0], name.casefold()}
    if folded in COMMON or folded in own or len(set(folded)) < 3:
        raise WeakPassword(pointer=pointer)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password matched, and the hash that should replace an outdated one."""

    matches: bool
    new_hash: str | None = None


def _scheme() -> PasswordHash:
    return PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))


@cache
def decoy_hash() -> str:
    """The hash that is checked where there is no account, made once so that both cases take the same time."""
    return _scheme().hash(secrets.token_urlsafe())


class PasswordHasher:
    """Hashes in threads of its own on half of the cores; at most twenty more wait, the rest is told to come back."""

    def __init__(self) -> None:
        self._scheme = _scheme()
        self._threads = ThreadPoolExecutor(MAX_RUNNING, thread_name_prefix="argon2")
        self._pending = 0
        decoy_hash()

    async def hash(self, password: str) -> str:
        """The Argon2id hash of `password`. Raises Overloaded."""
        return await self._run(lambda: self._scheme.hash(password))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Whether `password` belongs to `stored`; None costs the same work and never matches. Raises Overloaded."""
        return await self._run(lambda: self._verify(password, stored))

    def close(self) -> None:
        """Ends the threads; waiting work is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, stored: str | None) -> Verdict:
        if stored is None:
            self._scheme.verify(password, decoy_hash())
            return Verdict(matches=False)
        matches, new_hash = self._scheme.verify_and_update(password, stored)
        return Verdict(matches=matches, new_hash=new_hash)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= MAX_RUNNING + MAX_WAITING:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1
