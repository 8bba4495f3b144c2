"""Secrets that an installation makes for itself: created once, kept in files that only their owner reads."""

import os
import secrets
from enum import StrEnum
from pathlib import Path

FOLDER = "secrets"
SECRET_BYTES = 32
"""256 bits: no search finds it, and HS256 asks for as much (RFC 7518, 3.2)."""


class SecretName(StrEnum):
    """Secrets by the name of their file in `<data_dir>/secrets/`."""

    JWT = "jwt_secret"
    AUDIT = "audit_secret"
    MASTER = "master_key"
    POSTGRESQL = "postgresql_password"
    POSTGRESQL_ADMIN = "postgresql_admin_password"
    VALKEY = "valkey_password"


def keep_secret(data_dir: Path, name: SecretName) -> str:
    """The secret `name` of this data folder (43 URL-safe characters), made on first use.

    Safe when several processes ask at once: the first to finish wins and all get the same value.
    """
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name.value
    if not path.exists():
        _create(path, secrets.token_urlsafe(SECRET_BYTES))
    return path.read_text(encoding="ascii").split()[0]


def stored_secrets(data_dir: Path, name: SecretName) -> list[str]:
    """The secret `name` as it is kept, and after it its earlier values, newest first; empty when it was never made."""
    try:
        return (data_dir / FOLDER / name.value).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []


def rotate_secret(data_dir: Path, name: SecretName, *, keep: int) -> None:
    """Puts a new secret before the present one and keeps the newest `keep` earlier ones."""
    keep_secret(data_dir, name)
    path = data_dir / FOLDER / name.value
    values = [secrets.token_urlsafe(SECRET_BYTES), *path.read_text(encoding="ascii").split()[:keep]]
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    _write(aside, "\n".join(values))
    aside.replace(path)


def _create(path: Path, value: str) -> None:
    """Publishes a complete file or none: written aside, then linked, which never replaces an existing one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(aside, value)
        path.hardlink_to(aside)
    except FileExistsError:
        return
    finally:
        aside.unlink(missing_ok=True)


def _write(path: Path, value: str) -> None:
    """Writes a new file that only its owner may read, durably."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
