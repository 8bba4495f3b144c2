"""Uploads in chunks over HTTP, on a folder and on a bucket."""

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.core.ids import new_id
from app.core.storage import FILES, UPLOADS
from app.services.engine.engine import Engine
from app.services.files import file_ingestion
from app.services.files.file_sweeper import sweep_files
from tests.conftest import make_settings
from tests.people import People, Person
from tests.stores import KINDS, store_settings

pytestmark = pytest.mark.anyio

ROUTE = "/api/v1/files"
CONTENT = b"regiao;valor\nNorte;1,5\nSul;2,5\nLeste;3,0\n"
PARTS = [CONTENT[:11], CONTENT[11:25], CONTENT[25:]]


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Settings]:
    with store_settings(request.param) as store:
        yield make_settings(
            database_url=database_url,
            valkey_url=valkey_url,
            data_dir=tmp_path / "data",
            max_upload_bytes=1100,
            storage_quota_bytes=100_000,
            **store,
        )


async def send(
    person: Person, upload_id: UUID, index: int, content: bytes, *, total: int = 3, **more: str
) -> httpx.Response:
    data = {"upload_id": str(upload_id), "chunk_index": str(index), "total_chunks": str(total), **more}
    return await person.client.post(f"{ROUTE}/upload", data=data, files={"file": ("vendas.csv", content)})


async def keys(app: FastAPI, prefix: str) -> list[str]:
    engine: Engine = app.state.engine
    return [entry.key for entry in await engine.store.objects.entries(prefix)]


async def read_next(app: FastAPI) -> None:
    await file_ingestion.take(app.state.engine, new_id())


async def test_chunks_in_any_order_with_repeats_become_one_file(app: FastAPI, people: People) -> None:
    ana, upload_id = await people.normal(), uuid4()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    for index in (2, 0, 2):
        checksum = hashlib.sha256(PARTS[index]).hexdigest()
        taken = await send(ana, upload_id, index, PARTS[index], sha256=sha256, checksum=checksum)
        assert taken.status_code == 202, taken.text
        assert taken.json()["file"] is None
    state = (await ana.client.get(f"{ROUTE}/uploads/{upload_id}")).json()
    assert (state["received_chunks"], state["missing"]) == (2, [1])
    assert (await ana.client.get(f"{ROUTE}/")).json()["items"] == []
    last = await send(ana, upload_id, 1, PARTS[1], sha256=sha256)
    again = await send(ana, upload_id, 1, PARTS[1], sha256=sha256)
    file_id = last.json()["file"]["id"]
    assert again.json()["file"]["id"] == file_id
    await read_next(app)
    file = (await ana.client.get(f"{ROUTE}/{file_id}")).json()
    assert (file["state"], file["sha256"], file["rows"]) == ("ready", sha256, 3), file
    preview = (await ana.client.get(f"{ROUTE}/{file_id}/preview")).json()
    assert preview["rows"] == [["Norte", 1.5], ["Sul", 2.5], ["Leste", 3.0]]
    assert await keys(app, UPLOADS) == []
    assert len((await ana.client.get(f"{ROUTE}/")).json()["items"]) == 1


async def test_all_chunks_at_once_become_one_file(app: FastAPI, people: People) -> None:
    ana, upload_id = await people.normal(), uuid4()
    sent = await asyncio.gather(*(send(ana, upload_id, i, part) for i, part in enumerate(PARTS) for _ in range(2)))
    assert {answer.status_code for answer in sent} == {202}, [answer.text for answer in sent]
    assert len((await ana.client.get(f"{ROUTE}/")).json()["items"]) == 1


async def test_chunk_that_came_broken_is_refused_and_may_be_sent_again(app: FastAPI, people: People) -> None:
    ana, upload_id = await people.normal(), uuid4()
    checksum = hashlib.sha256(PARTS[0]).hexdigest()
    refused = await send(ana, upload_id, 0, b"lost", checksum=checksum)
    assert (refused.status_code, refused.json()["code"]) == (422, "checksum_mismatch")
    assert (await ana.client.get(f"{ROUTE}/uploads/{upload_id}")).status_code == 404
    assert await keys(app, UPLOADS) == []
    assert (await send(ana, upload_id, 0, PARTS[0], checksum=checksum)).status_code == 202


@pytest.mark.parametrize(
    ("index", "content", "more", "field"),
    [
        (0, b"other", {}, "chunk"),
        (1, PARTS[1], {"total": 4}, "total_chunks"),
        (1, PARTS[1], {"options": '{"delimiter": ";"}'}, "options"),
    ],
)
async def test_chunk_that_does_not_belong_is_refused(
    people: People, index: int, content: bytes, more: dict[str, Any], field: str
) -> None:
    ana, upload_id = await people.normal(), uuid4()
    await send(ana, upload_id, 0, PARTS[0])
    refused = await send(ana, upload_id, index, content, **more)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (409, "upload_conflict", field)


async def test_whole_that_does_not_match_its_checksum_fails_and_leaves_no_bytes(app: FastAPI, people: People) -> None:
    ana, upload_id = await people.normal(), uuid4()
    for index, part in enumerate(PARTS):
        last = await send(ana, upload_id, index, part, sha256="0" * 64)
    await read_next(app)
    file = (await ana.client.get(last.headers["Location"])).json()
    assert (file["state"], file["error"]["code"]) == ("failed", "checksum_mismatch")
    engine: Engine = app.state.engine
    engine.store.objects.orphan_after_s = -1
    await sweep_files(engine.platform)
    assert await keys(app, FILES) + await keys(app, UPLOADS) == []


async def test_upload_is_aborted_and_expires_without_remains(app: FastAPI, people: People, database: Database) -> None:
    ana, first, second = await people.normal(), uuid4(), uuid4()
    await send(ana, first, 0, PARTS[0])
    await send(ana, second, 0, PARTS[0])
    assert (await ana.client.delete(f"{ROUTE}/uploads/{first}")).status_code == 204
    assert len(await keys(app, UPLOADS)) == 1
    async with database.transaction() as session:
        await session.execute(text("UPDATE uploads SET expires_at = now() - interval '1 s'"))
    engine: Engine = app.state.engine
    engine.store.objects.orphan_after_s = -1
    await sweep_files(engine.platform)
    assert (await ana.client.get(f"{ROUTE}/uploads/{second}")).status_code == 404
    assert await keys(app, UPLOADS) == []


async def test_uploads_of_others_do_not_exist_and_ids_do_not_clash(people: People) -> None:
    ana, bob, upload_id = await people.normal(), await people.admin(), uuid4()
    await send(ana, upload_id, 0, PARTS[0])
    assert (await bob.client.get(f"{ROUTE}/uploads/{upload_id}")).status_code == 404
    assert (await bob.client.delete(f"{ROUTE}/uploads/{upload_id}")).status_code == 404
    assert (await send(bob, upload_id, 0, b"of bob", total=2)).status_code == 202


async def test_chunks_together_keep_to_the_limit_of_a_file(people: People) -> None:
    ana, upload_id = await people.normal(), uuid4()
    assert (await send(ana, upload_id, 0, b"x" * 600)).status_code == 202
    refused = await send(ana, upload_id, 1, b"y" * 600)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def test_quota_counts_files_and_chunks_and_says_how_much_is_used(
    settings: Settings, people: People, app: FastAPI
) -> None:
    ana = await people.normal()
    app.state.engine.platform.settings.storage_quota_bytes = 1500
    await ana.client.post(f"{ROUTE}/upload", files={"file": ("a.csv", b"a\n" * 400)})
    await send(ana, uuid4(), 0, b"b" * 600)
    refused = await send(ana, uuid4(), 0, b"c" * 200)
    assert (refused.status_code, refused.json()["code"]) == (413, "storage_quota_exceeded")
    assert (refused.json()["used_bytes"], refused.json()["quota_bytes"]) == (1400, 1500)
