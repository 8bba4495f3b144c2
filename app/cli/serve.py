"""Commands that serve: the whole system on embedded services, or each part by itself."""

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from app.core.config import Settings, get_settings
from app.core.stopping import REQUESTS_END_S

if TYPE_CHECKING:
    from app.embedded.supervised_process import ProcessSpec

STARTUP_LIMIT_S = 180.0
"""How long the API may take to be ready: a first start compiles every module it imports."""


def up(
    example: Annotated[
        bool, typer.Option(help="Load the example data and answer one question on the first start.")
    ] = True,
    ready_file: Annotated[
        Path | None, typer.Option(help="Write {url, admin_email, admin_password} here once all of it is ready.")
    ] = None,
) -> None:
    """Serve the whole system: PostgreSQL, Valkey, API, workers and scheduler. Ctrl-C stops all of it."""
    from app.cli.installation import with_secrets
    from app.cli.progress import step
    from app.core.logging import configure_logging
    from app.core.migrations import upgrade
    from app.embedded.services import EmbeddedServices
    from app.embedded.supervisor import Supervisor

    settings = get_settings()
    configure_logging(settings)
    services = EmbeddedServices(settings.data_dir, database_url=settings.database_url, valkey_url=settings.valkey_url)
    with step("Starting PostgreSQL and Valkey"):
        urls = services.start()
    try:
        settings = with_secrets(settings, make=True).model_copy(
            update={
                "data_dir": settings.data_dir.resolve(),
                "database_url": urls.database_url,
                "valkey_url": urls.valkey_url,
                "port": settings.port or _free_port(settings.host),
            }
        )
        with step("Bringing the database to the newest revision"):
            upgrade(urls.database_url)
        Supervisor(
            _processes(settings), services=services, on_ready=lambda: _welcome(settings, example, ready_file)
        ).run()
    finally:
        services.stop()


def api() -> None:
    """Serve the HTTP API, pointed by the environment at PostgreSQL and Valkey."""
    import uvicorn

    settings = get_settings()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.api_processes,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_END_S,
    )


def worker(
    queues: Annotated[str, typer.Option(help="Queues to serve, as in queries,databases,uploads,indexing,maintenance.")],
) -> None:
    """Serve background work from the given queues."""
    from app.workers.serve import run_worker

    run_worker(get_settings(), [name.strip() for name in queues.split(",") if name.strip()])


def beat() -> None:
    """Serve the schedule: the sweeper that finds what was lost, and clean-up. Several may run."""
    from app.workers.serve import run_beat

    run_beat(get_settings())


def migrate() -> None:
    """Bring the system database (AGENTGRAPH_DATABASE_URL) to the newest revision."""
    from app.core.migrations import upgrade

    settings = get_settings()
    if settings.database_url is None:
        typer.echo("Set AGENTGRAPH_DATABASE_URL to the PostgreSQL to migrate.", err=True)
        raise typer.Exit(2)
    upgrade(settings.database_url)
    typer.echo("The database is at the newest revision.")


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _processes(settings: Settings) -> "list[ProcessSpec]":
    from app.embedded.supervised_process import ProcessSpec

    env = _environment(settings)
    parts = {
        "api": ("api",),
        "queries": ("worker", "--queues", "queries,databases,maintenance"),
        "uploads": ("worker", "--queues", "uploads"),
        "indexing": ("worker", "--queues", "indexing"),
        "beat": ("beat",),
    }
    return [
        ProcessSpec(name=name, argv=(sys.executable, "-m", "app.cli", *words), env=env) for name, words in parts.items()
    ]


def _environment(settings: Settings) -> Mapping[str, str]:
    return {
        "AGENTGRAPH_DATA_DIR": str(settings.data_dir),
        "AGENTGRAPH_DATABASE_URL": str(settings.database_url),
        "AGENTGRAPH_VALKEY_URL": str(settings.valkey_url),
        "AGENTGRAPH_JWT_SECRET": _revealed(settings.jwt_secret),
        "AGENTGRAPH_JWT_PREVIOUS_SECRETS": json.dumps([_revealed(value) for value in settings.jwt_previous_secrets]),
        "AGENTGRAPH_AUDIT_SECRET": _revealed(settings.audit_secret),
        "AGENTGRAPH_MASTER_KEY": _revealed(settings.master_key),
        "AGENTGRAPH_MASTER_PREVIOUS_KEYS": json.dumps([_revealed(value) for value in settings.master_previous_keys]),
        "AGENTGRAPH_HOST": settings.host,
        "AGENTGRAPH_PORT": str(settings.port),
        "OMP_NUM_THREADS": "1",
        # Each of some twenty threads would keep a heap of its own, which grows for hours and is never given back.
        "MALLOC_ARENA_MAX": "2",
    }


def _revealed(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _welcome(settings: Settings, example: bool, ready_file: Path | None) -> None:
    from app.cli import welcome

    url = f"http://{settings.host}:{settings.port}"
    welcome.wait_until_ready(url, STARTUP_LIMIT_S)
    admin = asyncio.run(welcome.first_admin(settings))
    try:
        if admin is not None and example:
            welcome.show_example(url, admin)
    finally:
        welcome.greet(url, admin)
    if ready_file is not None:
        ready_file.write_text(
            json.dumps(
                {"url": url, **({"admin_email": admin.email, "admin_password": admin.password} if admin else {})}
            )
        )
