"""What a killed run leaves behind, and how the next one deals with it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from app.core.errors import Conflict, Unavailable
from app.embedded.binaries import find_postgresql
from app.embedded.guard import Guard
from app.embedded.identity import Isolation, identity_for
from app.embedded.postgresql import PostgreSQL
from app.embedded.processes import ServerState
from app.embedded.services import EmbeddedServices
from tests.embedded.programs import SERVICES, children_of, ends, line_with, mark_of, running
from tests.waiting import until

pytestmark = pytest.mark.anyio

AS_USER = identity_for(Isolation.USER_NAMESPACE).prefix if os.geteuid() == 0 else ()


async def value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those that pytest makes."""
    folder = Path(tempfile.mkdtemp(prefix="agentgraph-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def marks(data_dir: Path) -> list[ServerState]:
    states = [ServerState.read(data_dir / name / "state.json") for name in ("postgresql", "valkey")]
    return [state for state in states if state is not None]


def files_in(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, path.stat().st_ino) for path in folder.iterdir()]


def access_to(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_uid, facts.st_mode & 0o777


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


async def test_servers_stop_when_their_owner_is_killed(data_dir: Path) -> None:
    with running(SERVICES, str(data_dir)) as owner:
        url = line_with(owner, "postgresql://")
        await value(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        servers = [state.process for state in marks(data_dir)]
        owner.kill()
        assert [ends(server) for server in servers] == [True, True]
    with EmbeddedServices(data_dir) as urls:
        assert await value(urls.database_url, "SELECT answer FROM kept") == 42


async def test_orphans_are_taken_over_when_the_guard_was_killed_too(data_dir: Path) -> None:
    with running(SERVICES, str(data_dir)) as owner:
        url = line_with(owner, "postgresql://")
        with Redis.from_url(line_with(owner, "redis://")) as valkey:
            valkey.set("kept", "42")
        await value(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        orphans = [state.process for state in marks(data_dir)]
        guards = [child for child in children_of(owner.pid) if child not in orphans]
        for victim in [*guards, mark_of(owner.pid)]:
            os.kill(victim.pid, signal.SIGKILL)
        owner.wait()
        assert [orphan.is_alive() for orphan in orphans] == [True, True]
    with EmbeddedServices(data_dir) as urls:
        assert await value(urls.database_url, "SELECT answer FROM kept") == 42
        with Redis.from_url(urls.valkey_url) as valkey:
            assert valkey.get("kept") == b"42"
        assert [ends(orphan) for orphan in orphans] == [True, True]


async def test_killed_servers_come_back_on_the_same_urls(data_dir: Path) -> None:
    services = EmbeddedServices(data_dir)
    with services as urls:
        await value(urls.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for state in marks(data_dir):
            os.kill(state.process.pid, signal.SIGKILL)
            assert ends(state.process)
        revived: list[str] = []

        def are_back() -> bool:
            revived.extend(services.revive())
            return len(revived) == 2

        # A server whose last thread is still ending cannot be waited for yet, and is found dead a moment later.
        await until(are_back)
        assert sorted(revived) == ["PostgreSQL", "Valkey"]
        assert services.revive() == []
        assert await value(urls.database_url, "SELECT answer FROM kept") == 42
        with Redis.from_url(urls.valkey_url) as valkey:
            assert valkey.ping()


@pytest.mark.parametrize("pid", [os.getpid(), 4_000_000], ids=["of another program", "of nothing"])
async def test_stale_pid_file_is_no_obstacle(data_dir: Path, pid: int) -> None:
    with EmbeddedServices(data_dir, fast=True) as urls:
        noted = (data_dir / "postgresql/cluster/postmaster.pid").read_text().splitlines()
    (data_dir / "postgresql/cluster/postmaster.pid").write_text("\n".join([str(pid), *noted[1:]]) + "\n")
    with EmbeddedServices(data_dir, fast=True) as again:
        assert await value(again.database_url, "SELECT 1") == 1
    assert again == urls


async def test_running_server_of_somebody_else_is_not_touched(data_dir: Path) -> None:
    with Guard() as guard:
        foreign = PostgreSQL(data_dir, programs=find_postgresql(), guard=guard, fast=True)
        url = foreign.start()
        (data_dir / "postgresql/state.json").unlink()
        with pytest.raises(Conflict, match=r"PostgreSQL \(process \d+\) already runs"):
            EmbeddedServices(data_dir, fast=True).start()
        assert await value(url, "SELECT 1") == 1
        foreign.process.stop()


async def test_interrupted_creation_of_the_cluster_is_begun_again(tmp_path: Path) -> None:
    half = tmp_path / "postgresql/cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServices(tmp_path, fast=True) as urls:
        assert await value(urls.database_url, "SELECT 1") == 1
    assert not half.exists()


async def test_lost_secrets_are_named_as_the_cause(data_dir: Path) -> None:
    shutil.rmtree(data_dir / "secrets")
    with pytest.raises(Conflict, match="does not accept the password"):
        EmbeddedServices(data_dir, fast=True).start()
    assert not any(state.process.is_alive() for state in marks(data_dir))


async def test_cluster_of_another_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgresql/cluster/PG_VERSION").write_text("9\n")
    with pytest.raises(Conflict, match=r"made by PostgreSQL 9"):
        EmbeddedServices(data_dir, fast=True).start()


async def test_broken_server_is_reported_with_the_end_of_its_log(data_dir: Path) -> None:
    (data_dir / "postgresql/cluster/postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(Unavailable, match=r"no_such_setting"):
        EmbeddedServices(data_dir, fast=True).start()


async def test_everything_works_for_a_user_who_is_not_root(tmp_path: Path) -> None:
    with running(SERVICES, str(tmp_path), prefix=AS_USER) as owner:
        url = line_with(owner, "postgresql://")
        assert await value(url, "SELECT extversion IS NOT NULL FROM pg_extension WHERE extname = 'vector'") is True
        assert owner.stdin is not None
        owner.stdin.close()
        assert line_with(owner, "stopped") == "stopped"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("isolation", [Isolation.USER_NAMESPACE, Isolation.NOBODY])
async def test_root_may_keep_data_in_the_private_home_of_another_user(tmp_path: Path, isolation: Isolation) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    os.chown(home, 1000, 1000)
    with EmbeddedServices(home / "data", fast=True, identity=identity_for(isolation)) as urls:
        assert await value(urls.database_url, "SELECT 1") == 1
        assert access_to(home) == (1000, 0o700)
        assert access_to(home / "data") == (0, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_cluster_follows_a_change_of_identity_and_back(data_dir: Path) -> None:
    nobody = identity_for(Isolation.NOBODY)
    with EmbeddedServices(data_dir, fast=True, identity=nobody) as urls:
        await value(urls.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert user_of(marks(data_dir)[0].process.pid) == nobody.uid
    with EmbeddedServices(data_dir, fast=True) as urls:
        assert await value(urls.database_url, "SELECT answer FROM kept") == 42
        assert user_of(marks(data_dir)[0].process.pid) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_programs_out_of_reach_are_copied_once(data_dir: Path, tmp_path: Path, open_folder: Path) -> None:
    nobody = replace(identity_for(Isolation.NOBODY), public_folder=open_folder)
    find_postgresql().copy_to(tmp_path / "programs")
    services = EmbeddedServices(data_dir, fast=True, identity=nobody, postgresql_bin=tmp_path / "programs/bin")
    copies = []
    for _ in range(2):
        with services as urls:
            assert await value(urls.database_url, "SELECT '[1]'::vector <-> '[1]'") == 0
        copies.append(files_in(open_folder))
    assert len(copies[0]) == 1
    assert copies[0] == copies[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_programs_that_another_user_has_put_in_the_public_folder_are_not_run(
    data_dir: Path, tmp_path: Path, open_folder: Path
) -> None:
    nobody = replace(identity_for(Isolation.NOBODY), public_folder=open_folder)
    programs = find_postgresql().copy_to(tmp_path / "programs")
    planted = programs.copy_to(open_folder / f"agentgraph-{programs.fingerprint()}").root
    os.chown(planted, 1000, 1000)
    services = EmbeddedServices(data_dir, fast=True, identity=nobody, postgresql_bin=programs.bin)
    with pytest.raises(Unavailable, match="may not run as root"):
        services.start()
