"""Accounts from the command line, for whoever runs the installation."""

import asyncio
import secrets
from typing import Annotated

import typer

from app.core.config import Settings, get_settings

GENERATED_PASSWORD_BYTES = 15
"""120 bits, 20 characters."""


def create_admin(
    email: Annotated[str, typer.Option(prompt=True, help="E-mail to sign in with.")],
    name: Annotated[str, typer.Option(help="Name shown to others.")] = "Administrator",
    password: Annotated[
        str | None, typer.Option(envvar="AGENTGRAPH_ADMIN_PASSWORD", help="Unset: generated and printed once.")
    ] = None,
) -> None:
    """Create an administrator in the system database."""
    from app.core.errors import AgentGraphError
    from app.core.i18n import Language

    chosen = password or generate_password()
    try:
        asyncio.run(add_admin(get_settings(), email=email, name=name, password=chosen))
    except AgentGraphError as error:
        typer.echo(error.sentence(Language.EN), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Created the administrator {email}." + ("" if password else f" Password: {chosen}"))


def rotate_keys(
    keep: Annotated[
        int, typer.Option(min=0, help="Earlier keys that still count; for tokens, 0 ends all access tokens.")
    ] = 1,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="The key of stored database credentials instead of that of tokens.")
    ] = False,
) -> None:
    """Use a new key from the next start on: for access tokens, or for the credentials of databases."""
    from app.embedded.secrets import SecretName, rotate_secret

    settings = get_settings()
    secret = settings.master_key if credentials else settings.jwt_secret
    if secret is not None:
        name, previous = (
            ("MASTER_KEY", "MASTER_PREVIOUS_KEYS") if credentials else ("JWT_SECRET", "JWT_PREVIOUS_SECRETS")
        )
        typer.echo(f"AGENTGRAPH_{name} is set: move its value into AGENTGRAPH_{previous} and set:")
        typer.echo(f"AGENTGRAPH_{name}={secrets.token_urlsafe(32)}")
        return
    # Whoever gives up the only key that opens stored credentials loses them: one earlier key stays in any case.
    kept = max(keep, 1) if credentials else keep
    rotate_secret(settings.data_dir, SecretName.MASTER if credentials else SecretName.JWT, keep=kept)
    typer.echo(f"The next start uses a new key and still accepts {kept} earlier one(s).")


def generate_password() -> str:
    """A random password for a first sign-in."""
    return secrets.token_urlsafe(GENERATED_PASSWORD_BYTES)


async def add_admin(settings: Settings, *, email: str, name: str, password: str) -> None:
    """Creates the account. Raises WeakPassword, EmailTaken, Unavailable."""
    from app.core.db import Database
    from app.core.passwords import PasswordHasher
    from app.services.accounts import users

    database = Database(str(settings.database_url), pool_size=1)
    try:
        async with database.transaction() as session:
            await users.create_admin(session, PasswordHasher(), email=email, name=name, password=password)
    finally:
        await database.close()


async def has_admin(settings: Settings) -> bool:
    """Whether the installation has an active administrator."""
    from app.core.db import Database
    from app.services.accounts import users

    database = Database(str(settings.database_url), pool_size=1)
    try:
        async with database.transaction() as session:
            return await users.has_admin(session)
    finally:
        await database.close()
