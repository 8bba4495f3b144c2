"""PostgreSQL and Valkey as real child processes of one data folder."""

import stat
from pathlib import Path

import asyncpg
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.errors import Conflict
from app.embedded.services import EmbeddedServices

pytestmark = pytest.mark.anyio


async def value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_data_and_urls_survive_a_restart(tmp_path: Path) -> None:
    with EmbeddedServices(tmp_path) as first:
        await value(first.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        with Redis.from_url(first.valkey_url) as valkey:
            valkey.set("kept", "42")
    with EmbeddedServices(tmp_path) as second:
        assert await value(second.database_url, "SELECT answer FROM kept") == 42
        with Redis.from_url(second.valkey_url) as valkey:
            assert valkey.get("kept") == b"42"
    assert second == first


async def test_durable_start_keeps_every_safety_of_the_servers(data_dir: Path) -> None:
    with EmbeddedServices(data_dir) as urls:
        assert await value(urls.database_url, "SHOW fsync") == "on"
        assert await value(urls.database_url, "SHOW synchronous_commit") == "on"
        with Redis.from_url(urls.valkey_url) as valkey:
            assert valkey.config_get("append*")["appendonly"] == "yes"
            assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


async def test_two_data_folders_run_side_by_side(data_dir: Path, tmp_path: Path) -> None:
    with (
        EmbeddedServices(data_dir, fast=True) as one,
        EmbeddedServices(tmp_path / "other", fast=True) as two,
    ):
        await value(one.database_url, "CREATE TABLE only_here ()")
        assert await value(one.database_url, "SELECT to_regclass('only_here') IS NOT NULL") is True
        assert await value(two.database_url, "SELECT to_regclass('only_here') IS NULL") is True


async def test_folder_in_use_is_refused_and_says_by_whom(data_dir: Path) -> None:
    with EmbeddedServices(data_dir, fast=True) as urls:
        with pytest.raises(Conflict, match=r"in use by process \d+"):
            EmbeddedServices(data_dir, fast=True).start()
        assert await value(urls.database_url, "SELECT 1") == 1


async def test_service_with_a_given_url_is_not_started(tmp_path: Path) -> None:
    elsewhere = "postgresql://somebody@db.example/agentgraph"
    with EmbeddedServices(tmp_path, fast=True, database_url=elsewhere) as urls:
        assert urls.database_url == elsewhere
        with Redis.from_url(urls.valkey_url) as valkey:
            assert valkey.ping()
    assert not (tmp_path / "postgresql").exists()


async def test_private_home_stays_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with EmbeddedServices(home / "data", fast=True) as urls:
        assert await value(urls.database_url, "SELECT 1") == 1
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700


async def test_wrong_passwords_are_refused_by_both(data_dir: Path) -> None:
    with EmbeddedServices(data_dir, fast=True) as urls:
        port = urls.database_url.rpartition(":")[2]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await value(f"postgresql://agentgraph:guess@127.0.0.1:{port}", "SELECT 1")
        anonymous = Redis(port=int(urls.valkey_url.rpartition(":")[2].removesuffix("/0")), retry=Retry(NoBackoff(), 0))
        with anonymous, pytest.raises(RedisError, match="authenticat"):
            anonymous.ping()
