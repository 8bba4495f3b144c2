"""What is wrong with an installation, and how each of it is mended."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.core.clock import now
from app.core.crypto import SecretUnreadable, Vault, open_vault
from app.core.errors import Misconfigured, Unavailable
from app.core.security import audit_key
from app.repositories import sealed_secrets, system, usage
from app.schemas.health import PartRead
from app.services.audit.audit_chain import anchor_file, read_anchors, verify_end
from app.services.monitoring import system_health
from app.services.platform import Platform

TIMEOUT_S: Final = 15.0
"""For each part: longer than for a page, because nobody waits for many of them at once."""
OLDEST_SERVER: Final = 15
"""Major version: revisions use `NULLS NOT DISTINCT`, which came with PostgreSQL 15."""
NEEDED_EXTENSIONS: Final[Mapping[str, tuple[int, ...]]] = {"vector": (0, 7), "pg_trgm": (), "unaccent": ()}
"""With the least version of each; `halfvec` and `sparsevec` came with pgvector 0.7."""
PRICES_SINCE: Final = timedelta(days=30)
SECRETS_AT_ONCE: Final = 200
ONLY_WARNINGS: Final = frozenset({"disk", "models", "queues"})
"""Parts of the system's health that go on serving while they are degraded."""
BESIDE_THE_DATABASE: Final = frozenset({"valkey", "storage", "disk"})
MENDS: Final[Mapping[str, str]] = {
    "postgresql": "Start PostgreSQL, and check the address, login and password in AGENTGRAPH_DATABASE_URL.",
    "valkey": "Start Valkey, and check the address and password in AGENTGRAPH_VALKEY_URL. Nothing accepted is lost.",
    "migrations": "Run `agentgraph migrate`, then restart what runs.",
    "clocks": "Set the clocks of all machines by NTP.",
    "queues": "Start more workers for the late queue: `agentgraph worker --queues …`; see docs/operations.md.",
    "processes": "Start what is missing: `agentgraph api`, `agentgraph worker --queues …`, `agentgraph beat`; or `up`.",
    "storage": "Let the product's user write to AGENTGRAPH_DATA_DIR; with a bucket check its address and keys.",
    "disk": "Make room on the disk of AGENTGRAPH_DATA_DIR, or move the folder to a larger one.",
    "models": "Check the provider's key, address and limits; the log tells why its last call failed.",
}
REFUSALS: Final[Mapping[str, str]] = {
    "InvalidPasswordError": "the server refuses the password",
    "InvalidAuthorizationSpecificationError": "the server refuses the login",
    "InvalidCatalogNameError": "the server has no database of this name",
    "TooManyConnectionsError": "the server has no free connection",
    "ConnectionRefusedError": "nothing listens at the address",
    "gaierror": "the host's name leads nowhere",
    "TimeoutError": "the server does not answer in time",
}
"""What a connection that failed says, by the class of the driver's error; its text may hold addresses."""


class Severity(StrEnum):
    """How bad something is."""

    FINE = "fine"
    WARNING = "warning"
    """It serves, but not as well as it could."""
    PROBLEM = "problem"
    """Something does not work, or is not safe."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject; `mend` says what to do where something is wrong."""

    subject: str
    severity: Severity
    found: str
    mend: str = ""


async def examine(platform: Platform) -> list[Finding]:
    """Looks at every part of an installation and changes nothing, but for a probe in its storage."""
    health = await system_health.check(platform, timeout_s=TIMEOUT_S)
    states = {part.name: part.status for part in health.parts}
    findings = [_of_part(part) for part in health.parts]
    if states["postgresql"] == "down":
        # What is read from the database says nothing more then.
        lost = _problem("postgresql", await _why_unreachable(platform), MENDS["postgresql"])
        return [lost, *(finding for finding in findings if finding.subject in BESIDE_THE_DATABASE)]
    looks = _SERVER_LOOKS if states["migrations"] != "up" else {**_SERVER_LOOKS, **_CONTENT_LOOKS}
    return findings + [await _look(platform, subject, look) for subject, look in looks.items()]


Look = Callable[[Platform], Awaitable[Finding]]


async def _look(platform: Platform, subject: str, look: Look) -> Finding:
    try:
        async with asyncio.timeout(TIMEOUT_S * 2):
            return await look(platform)
    except (Unavailable, TimeoutError):
        return _problem(subject, "it could not be looked at in time", MENDS["postgresql"])


def _of_part(part: PartRead) -> Finding:
    if part.status == "up":
        return Finding(part.name, Severity.FINE, part.detail)
    mild = part.status == "degraded" and part.name in ONLY_WARNINGS
    return Finding(part.name, Severity.WARNING if mild else Severity.PROBLEM, part.detail, MENDS[part.name])


async def _why_unreachable(platform: Platform) -> str:
    refusal = await platform.database.refusal()
    if refusal is None:
        return "it was away and answers again"
    return REFUSALS.get(refusal, f"it cannot be asked ({refusal})")


async def _version(platform: Platform) -> Finding:
    async with platform.database.read() as session:
        version = await system.server_version(session)
    told = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version // 10_000 < OLDEST_SERVER:
        return _problem("version", f"{told} is too old", f"Move to PostgreSQL {OLDEST_SERVER} or later, best 18.")
    return Finding("version", Severity.FINE, told)


async def _extensions(platform: Platform) -> Finding:
    async with platform.database.read() as session:
        installed = await system.extensions(session)
    wrong = [
        f"{name} {installed[name]} is too old" if name in installed else f"{name} is missing"
        for name, least in NEEDED_EXTENSIONS.items()
        if name not in installed or _numbers(installed[name]) < least
    ]
    if wrong:
        names = ", ".join(NEEDED_EXTENSIONS)
        mend = f"As a superuser: CREATE EXTENSION or ALTER EXTENSION … UPDATE, for {names}; then `agentgraph migrate`."
        return _problem("extensions", "; ".join(wrong), mend)
    return Finding("extensions", Severity.FINE, ", ".join(f"{name} {installed[name]}" for name in NEEDED_EXTENSIONS))


async def _login(platform: Platform) -> Finding:
    async with platform.database.read() as session:
        login = await system.login(session)
    if login.passes_policies:
        mend = "Use a login that is no superuser and has no BYPASSRLS; let it own the database and its tables."
        return _problem("login", f"policies on rows do not hold for the login {login.name}", mend)
    if not login.may_create or login.foreign_tables:
        lacking = ", ".join(login.foreign_tables[:5]) or "the schema"
        mend = f"As a superuser: ALTER … OWNER TO {login.name}, for the database and all tables of the product."
        return _problem("login", f"{login.name} may not change {lacking}: `agentgraph migrate` will fail", mend)
    return Finding("login", Severity.FINE, f"{login.name} owns the tables, and policies on rows hold for it")


async def _row_security(platform: Platform) -> Finding:
    async with platform.database.read() as session:
        tables = await system.open_tables(session)
    if tables:
        mend = f"ALTER TABLE {tables[0]} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; so for each of them."
        return _problem("row_security", f"switched off on: {', '.join(tables)}", mend)
    return Finding("row_security", Severity.FINE, "forced on every table that has a policy")


async def _keys(platform: Platform) -> Finding:
    settings = platform.settings
    if settings.jwt_secret is None:
        return _problem("keys", "no key signs access tokens", "Set AGENTGRAPH_JWT_SECRET to 32 random bytes or more.")
    try:
        vault = open_vault(settings)
    except Misconfigured:
        return _problem("keys", "no key opens stored credentials", "Set AGENTGRAPH_MASTER_KEY as it was before.")
    counts = [await _unreadable(platform, vault, table) for table in sealed_secrets.tables()]
    if sum(counts):
        mend = "Give back the key that sealed them by AGENTGRAPH_MASTER_PREVIOUS_KEYS, or enter the credentials anew."
        return _problem("keys", f"{sum(counts)} stored secrets are opened by no key", mend)
    return Finding("keys", Severity.FINE, "tokens are signed, and every stored secret opens")


async def _unreadable(platform: Platform, vault: Vault, table: str) -> int:
    unreadable, after = 0, None
    while True:
        async with platform.database.read() as session:
            batch = await sealed_secrets.some(session, table, after=after, most=SECRETS_AT_ONCE)
        for record_id, sealed in batch:
            try:
                vault.open(sealed, record_id=record_id)
            except SecretUnreadable:
                unreadable += 1
        if len(batch) < SECRETS_AT_ONCE:
            return unreadable
        after = batch[-1][0]


async def _prices(platform: Platform) -> Finding:
    async with platform.database.read() as session:
        unknown = await usage.without_price(session, now() - PRICES_SINCE)
    if unknown:
        told = ", ".join(f"{model} ({calls} calls)" for model, calls in unknown)
        mend = "Set them (POST /api/v1/admin/prices, or AGENTGRAPH_MODEL_PRICES): budgets in USD do not count them."
        return Finding("prices", Severity.WARNING, f"no known price: {told}", mend)
    return Finding("prices", Severity.FINE, f"known for every call of the last {PRICES_SINCE.days} days")


async def _audit(platform: Platform) -> Finding:
    key = audit_key(platform.settings)
    if key is None:
        return _problem(
            "audit", "no key seals the audit log", "Set AGENTGRAPH_AUDIT_SECRET to 32 random bytes or more."
        )
    anchors = await asyncio.to_thread(read_anchors, anchor_file(platform.settings.data_dir))
    verdict = await verify_end(platform.database, key, anchors)
    if verdict.broken is not None:
        mend = (
            "Run `agentgraph audit verify` and compare with a backup: the log was changed, or the key is another one."
        )
        return _problem("audit", verdict.broken, mend)
    told = f"the newest {verdict.verified} events hold, {verdict.unsealed} are not sealed yet"
    return Finding("audit", Severity.FINE, told)


def _problem(subject: str, found: str, mend: str) -> Finding:
    return Finding(subject, Severity.PROBLEM, found, mend)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


_SERVER_LOOKS: Final[Mapping[str, Look]] = {"version": _version, "extensions": _extensions, "login": _login}
_CONTENT_LOOKS: Final[Mapping[str, Look]] = {
    "row_security": _row_security,
    "keys": _keys,
    "prices": _prices,
    "audit": _audit,
}
"""Those that need the tables of this version."""
