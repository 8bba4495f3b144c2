"""`agentgraph backup` and `agentgraph restore`: a whole installation into a folder, and back out of it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import SecretStr

from app.core.config import Settings, get_settings

if TYPE_CHECKING:
    from app.services.backups.archive import Manifest

ANCHORS: Final = "audit/anchors.jsonl"
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="File whose first line seals the keys in the backup, and opens them."
    ),
]


def backup(
    folder: Annotated[Path, typer.Argument(help="New folder for the backup. It holds keys: guard it like them.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write database, files and keys to a folder, at one moment, while the installation serves or stands still."""
    from app.services.backups.backup import take_backup

    with _told(), _with_database(get_settings(), existing=True) as settings:
        manifest = asyncio.run(
            take_backup(settings, folder.resolve(), keep=_kept_files(), passphrase=_in(passphrase_file))
        )
    typer.echo(f"Backup complete in {folder}: {_summary(manifest)}.")


def restore(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder that `backup` has written.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only prove that the backup is whole; change nothing.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Bring a backup back into an empty installation, after every file of it was compared with its checksum."""
    from app.cli.progress import step
    from app.services.backups import restore as restoring
    from app.services.backups.archive import Archive

    archive = Archive(folder.resolve())
    with _told():
        with step("Comparing the backup with its checksums"):
            manifest = archive.check()
        if not check:
            with _with_database(get_settings(), existing=False) as settings, step("Restoring"):
                restoring.check_target(settings, manifest)
                restoring.restore(settings, archive, manifest, _in(passphrase_file))
    typer.echo(f"{'The backup is whole' if check else 'Restored'}: {_summary(manifest)}.")


def _in(passphrase_file: Path | None) -> SecretStr | None:
    """The first line of the file."""
    if passphrase_file is None:
        return None
    passphrase = passphrase_file.read_text(encoding="utf-8").partition("\n")[0]
    if not passphrase:
        raise typer.BadParameter("it is empty", param_hint="--passphrase-file")
    return SecretStr(passphrase)


def _summary(manifest: "Manifest") -> str:
    rows, mib = sum(table.rows for table in manifest.tables), manifest.object_bytes / 1024**2
    return (
        f"{rows} rows of {len(manifest.tables)} tables, {manifest.objects} objects ({mib:.1f} MiB),"
        f" {len(manifest.kept)} files beside them, of {manifest.created_at}"
    )


def _kept_files() -> list[str]:
    """Files of the data folder without which the rest is worth less."""
    from app.embedded.secrets import FOLDER, SecretName

    keys = (SecretName.JWT, SecretName.AUDIT, SecretName.MASTER)
    return [*(f"{FOLDER}/{name.value}" for name in keys), ANCHORS]


@contextmanager
def _with_database(settings: Settings, *, existing: bool) -> Iterator[Settings]:
    """The installation's settings with a database that answers: its own, or the embedded one, started if need be."""
    from app.cli.installation import as_it_runs
    from app.core.errors import Misconfigured
    from app.embedded.services import EmbeddedServices

    known = as_it_runs(settings)
    folder = known.data_dir.resolve()
    if known.database_url is not None:
        yield known.model_copy(update={"data_dir": folder})
        return
    if existing and not (folder / "postgresql" / "cluster").is_dir():
        raise Misconfigured(setting="AGENTGRAPH_DATA_DIR", reason=f"{folder} holds no installation")
    # Nothing of Valkey is kept, so that any address keeps it from being started.
    with EmbeddedServices(folder, valkey_url=known.valkey_url or "redis://127.0.0.1") as urls:
        yield known.model_copy(update={"data_dir": folder, "database_url": urls.database_url})


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong becomes a sentence and exit code 1."""
    from app.core.errors import AgentGraphError
    from app.core.i18n import Language

    try:
        yield
    except AgentGraphError as error:
        typer.echo(error.sentence(Language.EN), err=True)
        raise typer.Exit(1) from error
