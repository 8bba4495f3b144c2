"""Where the embedded servers of a data folder are while another process runs them."""

from pathlib import Path

from app.embedded.database_setup import Access
from app.embedded.processes import ServerState
from app.embedded.secrets import SecretName, stored_secrets
from app.embedded.valkey import url_of


def running_database_url(data_dir: Path) -> str | None:
    """The URL of the PostgreSQL that runs over `data_dir`; None when none does."""
    port, passwords = _port(data_dir / "postgresql"), stored_secrets(data_dir, SecretName.POSTGRESQL)
    # The administrator's password is no part of the product's own URL.
    return Access(port, "", passwords[0]).url if port and passwords else None


def running_valkey_url(data_dir: Path) -> str | None:
    """The URL of the Valkey that runs over `data_dir`; None when none does."""
    port, passwords = _port(data_dir / "valkey"), stored_secrets(data_dir, SecretName.VALKEY)
    return url_of(passwords[0], port) if port and passwords else None


def _port(folder: Path) -> int | None:
    state = ServerState.read(folder / "state.json")
    return state.port if state is not None and state.process.is_alive() else None
