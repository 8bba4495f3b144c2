"""What endpoints ask for in their signatures: the session, the platform, and the actor with the permission declared."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.api.middleware import address_of
from app.api.problems import language_of
from app.core.actor import Actor
from app.core.db import SYSTEM, Session, act_as, acting
from app.core.deadline import by_deadline
from app.core.errors import PermissionDenied, Unauthenticated, Unavailable
from app.core.i18n import Language
from app.core.limits import Standing, refuse_spent
from app.core.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest, page_request
from app.core.permissions import ACROSS_OWNERS, Permission
from app.services.accounts import api_keys, auth, rate_limits
from app.services.accounts.auth import Device
from app.services.accounts.credentials import Credentials
from app.services.audit import audit
from app.services.engine.engine import Engine
from app.services.platform import Platform

PERMISSION_ATTRIBUTE: Final = "__agentgraph_permission__"
"""Where a guard keeps the permission it demands, so that documents and tests can read it."""
IDENTIFY_TIMEOUT_S: Final = 5.0
"""One indexed look-up. As long as a connection may be waited for: a database that is silent is told of by then."""

bearer = HTTPBearer(auto_error=False, description="The access token of POST /api/v1/auth/login, or an API key.")
key_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key of POST /api/v1/auth/api-keys.")


# Dependencies are coroutines even where they wait for nothing: FastAPI would run plain functions in a thread each.


async def get_platform(request: Request) -> Platform:
    """The platform of this process."""
    platform: Platform = request.app.state.platform
    return platform


async def get_credentials(request: Request) -> Credentials:
    """The credentials of this process."""
    credentials: Credentials = request.app.state.credentials
    return credentials


async def get_engine(request: Request) -> Engine:
    """What this process answers questions with."""
    engine: Engine = request.app.state.engine
    return engine


async def get_language(request: Request) -> Language:
    """The language that the reader of the response wants."""
    return language_of(request.scope)


PlatformDep = Annotated[Platform, Depends(get_platform)]
CredentialsDep = Annotated[Credentials, Depends(get_credentials)]
EngineDep = Annotated[Engine, Depends(get_engine)]
LanguageDep = Annotated[Language, Depends(get_language)]


async def get_session(platform: PlatformDep) -> AsyncIterator[Session]:
    """The transaction of this request."""
    async with platform.database.transaction() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]
"""Function scope commits before the response leaves; request scope would answer first and commit afterwards.

No connection is taken before the first statement. Routes that stream or wait open short transactions of their own
with `platform.database.transaction()` instead.
"""


async def get_reader(platform: PlatformDep) -> AsyncIterator[Session]:
    """What a request reads by, each statement on its own."""
    async with platform.database.read() as session:
        yield session


ReaderDep = Annotated[Session, Depends(get_reader, scope="function")]
"""For routes that only read: it saves the round trips that begin and end a transaction, in which each statement would
see what was committed before it just the same (READ COMMITTED)."""


async def get_actor(
    request: Request,
    platform: PlatformDep,
    header: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    key: Annotated[str | None, Depends(key_header)],
) -> Actor:
    """Who calls, loaded by one query; an access token goes before a key. Counts against the limits on requests.

    Raises Unauthenticated, TokenInvalid, RateLimited.
    """
    try:
        actor = await identify_caller(request, header, key)
    except Unauthenticated:
        await count_stranger(request, platform)
        raise
    await count_actor(request, platform, actor)
    act_as(actor.user_id)
    return actor


async def count_actor(request: Request, platform: Platform, actor: Actor) -> None:
    """Counts a request of `actor`. Raises RateLimited."""
    _note_standings(request, await rate_limits.count_actor(platform.limiter, platform.settings, actor))


async def count_stranger(request: Request, platform: PlatformDep) -> None:
    """Counts a request without a valid token or key against its address. Raises RateLimited."""
    address = address_of(request.scope)
    _note_standings(request, await rate_limits.count_address(platform.limiter, platform.settings, address))


async def open_to_strangers(request: Request, platform: PlatformDep) -> None:
    """What a route that anybody may call declares: it counts, and works in nobody's name. Raises RateLimited."""
    await count_stranger(request, platform)
    act_as(SYSTEM)


def _note_standings(request: Request, standings: list[Standing]) -> None:
    """Leaves them for the headers of the response, whatever it will be."""
    request.scope["state"]["rate_limits"] = standings
    refuse_spent(standings)


async def identify_caller(request: Request, header: HTTPAuthorizationCredentials | None, key: str | None) -> Actor:
    """Who calls, without counting it. Raises Unauthenticated, TokenInvalid, Unavailable."""
    state, language = request.app.state, language_of(request.scope)
    if header is None and key is None:
        raise Unauthenticated
    with acting(SYSTEM):
        if header is None or api_keys.is_api_key(header.credentials):
            given = header.credentials if header is not None else key or ""
            identified = api_keys.identify(state.platform.database, given, language)
        else:
            identified = auth.identify(state.platform.database, state.credentials, header.credentials, language)
        try:
            return await by_deadline(identified, IDENTIFY_TIMEOUT_S)
        except TimeoutError as error:
            raise Unavailable from error


@cache
def requires(permission: Permission) -> Callable[[Actor, Platform], Awaitable[Actor]]:
    """The guard of a route: `actor: Annotated[Actor, Depends(requires(Permission.FILES_UPLOAD))]`."""

    async def guard(actor: Annotated[Actor, Depends(get_actor)], platform: PlatformDep) -> Actor:
        try:
            actor.require(permission)
        except PermissionDenied:
            await audit.record_refusal(platform.database, actor, permission)
            raise
        if permission.value.split(":")[0] in ACROSS_OWNERS:
            act_as(SYSTEM)
        return actor

    setattr(guard, PERMISSION_ATTRIBUTE, permission)
    return guard


async def get_page(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items to return.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")] = None,
) -> PageRequest:
    """The page that a list is asked for. Raises ValidationFailed."""
    return page_request(limit, cursor)


PageDep = Annotated[PageRequest, Depends(get_page)]
ReassignTo = Annotated[UUID | None, Query(description="The MASTER who gets the users and roles of one that goes.")]
IfMatch = Annotated[
    str | None, Header(description="ETag that the change is based on; 412 when it is not the present one.")
]


async def get_device(request: Request) -> Device:
    """Where the request comes from."""
    user_agent = request.headers.get("user-agent")
    return Device(
        address=address_of(request.scope),
        user_agent=user_agent[:300] if user_agent else None,
    )


DeviceDep = Annotated[Device, Depends(get_device)]
