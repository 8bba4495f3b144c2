"""What the product needs from its PostgreSQL, asked of the running one."""

import subprocess
from collections.abc import Iterator

import asyncpg
import pytest

from app.embedded.services import EmbeddedServices, EmbeddedUrls

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedUrls]:
    with EmbeddedServices(tmp_path_factory.mktemp("embedded"), fast=True) as urls:
        yield urls


async def value(urls: EmbeddedUrls, statement: str) -> object:
    connection = await asyncpg.connect(urls.database_url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_vectors_are_compared(urls: EmbeddedUrls) -> None:
    assert await value(urls, "SELECT '[1,2,3]'::vector <-> '[1,2,5]'::vector") == 2.0


async def test_portuguese_letters_fold(urls: EmbeddedUrls) -> None:
    assert await value(urls, "SELECT lower('AÇÃO É ÓBVIA')") == "ação é óbvia"
    assert await value(urls, "SELECT 'AÇÃO' ILIKE 'ação'") is True
    assert await value(urls, "SELECT unaccent('Ação é óbvia')") == "Acao e obvia"


async def test_portuguese_words_are_found_by_similarity_and_by_stem(urls: EmbeddedUrls) -> None:
    assert await value(urls, "SELECT similarity('AÇÃO', 'ação')") == 1.0
    assert await value(urls, "SELECT to_tsvector('portuguese', 'AÇÕES') @@ to_tsquery('portuguese', 'ações')") is True


async def test_product_role_owns_its_database_and_is_no_superuser(urls: EmbeddedUrls) -> None:
    assert await value(urls, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    await value(urls, "CREATE TABLE mine ()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await value(urls, "SELECT pg_read_file('/etc/hostname')")


async def test_new_databases_of_tests_have_the_extensions(urls: EmbeddedUrls) -> None:
    await value(urls, "CREATE DATABASE another")
    connection = await asyncpg.connect(urls.database_url, database="another")
    try:
        found = await connection.fetchval("SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension")
    finally:
        await connection.close()
    assert {"vector", "pg_trgm", "unaccent"} <= set(found)


async def test_time_zone_is_utc_and_only_loopback_is_listened_on(urls: EmbeddedUrls) -> None:
    assert await value(urls, "SHOW timezone") == "UTC"
    assert await value(urls, "SHOW listen_addresses") == "127.0.0.1"


async def test_admin_password_is_not_the_products(urls: EmbeddedUrls) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await value(EmbeddedUrls(urls.database_url.replace("agentgraph:", "postgres:", 1), ""), "SELECT 1")


def test_no_password_stands_on_a_command_line(urls: EmbeddedUrls) -> None:
    secret = urls.valkey_url.split(":")[2].split("@")[0]
    shown = subprocess.run("cat /proc/[0-9]*/cmdline", shell=True, capture_output=True, check=False).stdout
    assert b"valkey-server" in shown
    assert secret.encode() not in shown
