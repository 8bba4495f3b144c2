"""The composition root of the API: which parts it is made of, in which order they wrap a request."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, closing, contextmanager
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.api import health
from app.api.errors import install_error_handlers
from app.api.idempotency import OncePerKey
from app.api.middleware import RequestContext, SizeLimits, path_templates
from app.api.openapi import build_openapi
from app.api.read_only import ReadOnlyMode
from app.api.v1.router import router
from app.core import clock
from app.core.config import Settings, get_settings
from app.core.jobs import Publisher
from app.core.logging import configure_logging
from app.services.accounts.credentials import credentials_from
from app.services.engine.engine import open_engine
from app.services.platform import open_platform

DESCRIPTION = "Answers questions about data in natural language, for many users at once."
EXPOSED_HEADERS = [
    "X-Request-ID",
    "X-Trace-ID",
    "ETag",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Content-Disposition",
    "Idempotency-Replayed",
]

ROUTES: Final = (*health.router.routes, *router.routes)
"""All routes. FastAPI works out what each needs once for them, however many applications a process has."""


def create_app(
    settings: Settings | None = None,
    *,
    publisher: Publisher | None = None,
    prewarm: bool = True,
    now: Callable[[], datetime] = clock.now,
) -> FastAPI:
    """The API for `settings` (else those of the environment); `publisher` replaces the one of the Celery broker.

    `now` is the clock by which one-time codes are judged.

    `prewarm` starts the children that run SQL before the first request; else the first question starts them.

    Starting it raises Misconfigured when a needed setting is missing.
    """
    settings = settings or get_settings()
    configure_logging(settings)
    app = FastAPI(
        title="AgentGraph",
        version=version("agentgraph"),
        description=DESCRIPTION,
        routes=list(ROUTES),
        lifespan=_lifespan(settings, publisher, prewarm=prewarm, now=now),
    )
    # Has FastAPI build the routes now, in this thread: it switches warnings off meanwhile, for all threads at once.
    app.state.templates = path_templates(app.routes)
    install_error_handlers(app)
    app.add_middleware(OncePerKey)
    app.add_middleware(ReadOnlyMode)
    app.add_middleware(
        SizeLimits,
        max_header_bytes=settings.max_header_bytes,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(RequestContext)
    app.openapi = partial(build_openapi, app)  # type: ignore[method-assign]  # the way FastAPI documents
    return app


def _lifespan(
    settings: Settings, publisher: Publisher | None, *, prewarm: bool, now: Callable[[], datetime]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            credentials = credentials_from(settings)
            stack.callback(credentials.close)
            hints = publisher or stack.enter_context(_celery_publisher(settings))
            platform = open_platform(settings, hints, now=now)
            stack.push_async_callback(platform.close)
            engine = await open_engine(platform, asks=prewarm)
            stack.push_async_callback(engine.close)
            app.state.credentials, app.state.platform, app.state.engine = credentials, platform, engine
            yield

    return lifespan


@contextmanager
def _celery_publisher(settings: Settings) -> Iterator[Publisher]:
    from app.workers.publisher import CeleryPublisher

    with closing(CeleryPublisher(settings.broker_url or settings.valkey_url)) as celery:
        yield celery
