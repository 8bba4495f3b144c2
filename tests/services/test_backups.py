"""Backups: all rows of everybody at one moment, every object, proved before anything is touched, into nothing only."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.core.errors import AgentGraphError, Conflict, Misconfigured
from app.core.objects import open_objects
from app.services.backups.archive import MANIFEST, Archive, Manifest
from app.services.backups.backup import take_backup
from app.services.backups.restore import check_target, restore
from tests.askable import ready_agent
from tests.conftest import make_settings
from tests.people import People
from tests.sharing import ask
from tests.stores import KINDS, store_settings

pytestmark = pytest.mark.anyio

QUESTION = "qual a soma de valor por regiao?"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store."""
    return str(request.param)


@pytest.fixture
def settings(kind: str, database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Settings]:
    """The installation that is backed up."""
    with store_settings(kind) as store:
        # Without heartbeats nothing is written by itself, and what there is can be compared.
        quiet = {"heartbeat_s": 3000, "lease_s": 7000}
        place = {"database_url": database_url, "valkey_url": valkey_url, "data_dir": tmp_path / "data"}
        yield make_settings(**place, **quiet, **store)


@pytest.fixture
def target(kind: str, settings: Settings, empty_database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """An empty installation with the keys of the first."""
    place = {"database_url": empty_database_url, "valkey_url": settings.valkey_url, "data_dir": tmp_path / "restored"}
    with store_settings(kind) as store:
        yield make_settings(**place, **store)


async def backed_up(settings: Settings, folder: Path) -> Archive:
    await take_backup(settings, folder, keep=["secrets/jwt_secret"])
    return Archive(folder)


def bring_back(settings: Settings, archive: Archive) -> Manifest:
    manifest = archive.check()
    check_target(settings, manifest)
    restore(settings, archive, manifest)
    return manifest


async def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT set_config('agentgraph.actor', 'system', false)")
        names = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {
            name: sorted(row[0] for row in await connection.fetch(f'SELECT t::text FROM "{name}" t'))
            for (name,) in names
            if name != "process_heartbeats"
        }
    finally:
        await connection.close()


async def unforced(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class c WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"
            " AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        return [row["relname"] for row in rows]
    finally:
        await connection.close()


async def objects_of(settings: Settings) -> dict[str, bytes]:
    store = open_objects(settings)
    keys = [entry.key for entry in await store.entries("files")]
    return {key: b"".join([piece async for piece in store.read(key)]) for key in keys}


async def test_everything_of_everybody_comes_back_and_stays_guarded(
    app: FastAPI, people: People, settings: Settings, target: Settings, tmp_path: Path
) -> None:
    for person in (await people.normal(), await people.master()):
        # Its file is not in the bucket, so that there it fails: a question that failed is a row as well.
        await ask(person, await ready_agent(app, person), QUESTION)
    upload = {"file": ("a.csv", b"a;b\n1;2\n", "text/csv")}
    assert (await person.client.post("/api/v1/files/upload", files=upload)).status_code == 202
    key = settings.data_dir / "secrets" / "jwt_secret"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("kept")

    archive = await backed_up(settings, tmp_path / "backup")
    manifest = await asyncio.to_thread(bring_back, target, archive)

    before, after = await contents(str(settings.database_url)), await contents(str(target.database_url))
    assert after == before
    assert len(before["queries"]) == 2
    assert sum(table.rows for table in manifest.tables) == sum(map(len, before.values())) - 1, "all but the revision"
    assert await unforced(str(target.database_url)) == []
    objects = await objects_of(settings)
    assert objects
    assert await objects_of(target) == objects
    assert (target.data_dir / "secrets" / "jwt_secret").read_text() == "kept"
    assert (archive.folder.stat().st_mode & 0o077) == 0, "it holds keys"


async def test_no_table_counts_by_a_sequence(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    sequences = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'S'")
    await connection.close()
    assert sequences == [], "a backup does not hold the state of sequences"


async def test_it_comes_back_into_an_empty_installation_only(
    app: FastAPI, people: People, settings: Settings, target: Settings, tmp_path: Path
) -> None:
    await ready_agent(app, await people.normal())
    archive = await backed_up(settings, tmp_path / "backup")
    manifest = archive.check()
    used = target.model_copy(update={"database_url": settings.database_url})
    with pytest.raises(Conflict, match="the database"):
        await asyncio.to_thread(check_target, used, manifest)
    source = tmp_path / "object"
    source.write_bytes(b"x")
    await open_objects(target).put("files/a/b/raw", source)
    with pytest.raises(Conflict, match="the store"):
        await asyncio.to_thread(check_target, target, manifest)
    with pytest.raises(Conflict, match="not empty"):
        await take_backup(settings, archive.folder, keep=[])


@pytest.mark.parametrize("kind", ["folder"])
class TestWhatIsNotRight:
    """Refused before anything is written."""

    async def test_a_changed_or_missing_file_is_named(
        self, app: FastAPI, people: People, settings: Settings, tmp_path: Path
    ) -> None:
        await ready_agent(app, await people.normal())
        archive = await backed_up(settings, tmp_path / "backup")
        stored = next(archive.objects())
        for path in (archive.table("users"), archive.object(stored.key), archive.folder / "objects.jsonl"):
            right = path.read_bytes()
            path.write_bytes(right[:-1] + b"?")
            with pytest.raises(Conflict, match=path.name):
                archive.check()
            path.unlink()
            with pytest.raises(Conflict, match=path.name):
                archive.check()
            path.write_bytes(right)
        assert archive.check().objects > 0

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"format": 2}, Conflict),
            ({"revision": "21000101_0000"}, Conflict),
            ({"keys": {"AGENTGRAPH_MASTER_KEY": "another"}}, Misconfigured),
            ({"kept": [{"path": "../../outside", "sha256": "0"}]}, Conflict),
            ({"tables": None}, Conflict),
        ],
    )
    async def test_another_format_a_newer_version_and_another_key(
        self,
        settings: Settings,
        target: Settings,
        tmp_path: Path,
        change: dict[str, object],
        error: type[AgentGraphError],
    ) -> None:
        archive = await backed_up(settings, tmp_path / "backup")
        path = archive.folder / MANIFEST
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        with pytest.raises(error):
            await asyncio.to_thread(bring_back, target, archive)
        assert not target.data_dir.exists()

    async def test_a_backup_that_was_cut_off_is_none(self, settings: Settings, tmp_path: Path) -> None:
        archive = await backed_up(settings, tmp_path / "backup")
        (archive.folder / MANIFEST).unlink()
        with pytest.raises(Conflict, match="no complete backup"):
            archive.check()

    async def test_a_database_without_tables_has_nothing_to_back_up(self, target: Settings, tmp_path: Path) -> None:
        with pytest.raises(Conflict, match="nothing to back up"):
            await take_backup(target, tmp_path / "backup", keep=[])


async def test_sealed_keys_open_by_the_passphrase_alone(
    app: FastAPI, settings: Settings, target: Settings, tmp_path: Path
) -> None:
    assert app.state.platform.settings is settings
    key, passphrase = settings.data_dir / "secrets" / "jwt_secret", SecretStr("a long passphrase of somebody")
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("canary-of-a-key")
    manifest = await take_backup(settings, tmp_path / "b", keep=["secrets/jwt_secret"], passphrase=passphrase)
    archive = Archive(tmp_path / "b")
    assert [kept.is_sealed for kept in manifest.kept] == [True]
    assert all(b"canary" not in path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())
    for wrong in (None, SecretStr("another passphrase")):
        with pytest.raises(Conflict):
            await asyncio.to_thread(restore, target, archive, archive.check(), wrong)
        assert not (target.data_dir / "secrets").exists(), "nothing is written before all of it opens"
    await asyncio.to_thread(restore, target, archive, archive.check(), passphrase)
    restored = target.data_dir / "secrets" / "jwt_secret"
    assert (restored.read_text(), restored.stat().st_mode & 0o077) == ("canary-of-a-key", 0)
