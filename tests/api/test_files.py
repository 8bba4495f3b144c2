"""Uploading files and looking at them, over HTTP; reading them is the workers' part."""

import asyncio
import hashlib
import os
import time
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.core.config import Settings
from app.core.ids import new_id
from app.core.storage import WORK, archive_key, attempt_key
from app.models import FileVersion
from app.services.engine.engine import Engine
from app.services.files.file_sweeper import sweep_files
from tests.askable import ready_agent, ready_file
from tests.conftest import RecordingPublisher, make_settings
from tests.people import People, Person
from tests.waiting import until

pytestmark = pytest.mark.anyio

FILES = "/api/v1/files"
CSV = "nome;valor\nAção;1,5\n".encode()


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    return make_settings(
        database_url=database_url, valkey_url=valkey_url, data_dir=tmp_path / "data", max_upload_bytes=3 * 1024**2
    )


def stored(app: FastAPI) -> list[str]:
    """Every file of the store."""
    engine: Engine = app.state.engine
    root = engine.store.root
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


async def upload(person: Person, content: bytes = CSV, name: str = "vendas.csv") -> httpx.Response:
    return await person.client.post(f"{FILES}/upload", files={"file": (name, content, "text/csv")})


async def test_upload_is_stored_whole_and_queued(app: FastAPI, people: People, publisher: RecordingPublisher) -> None:
    ana = await people.normal()
    content = CSV * 100_000
    uploaded = await upload(ana, content)
    assert uploaded.status_code == 202, uploaded.text
    file = uploaded.json()
    assert (file["name"], file["state"], file["size_bytes"]) == ("vendas.csv", "queued", len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    engine: Engine = app.state.engine
    (key,) = stored(app)
    assert key.startswith(f"files/{file['id']}/")
    assert await asyncio.to_thread(engine.store.path(key).read_bytes) == content
    await engine.close(grace_s=0)
    assert [kind.value for kind, _ in publisher.published] == ["ingest_file"]


async def test_status_tells_the_progress_and_the_preview_waits(people: People) -> None:
    ana = await people.normal()
    path = (await upload(ana)).headers["Location"]
    status = (await ana.client.get(f"{path}/status")).json()
    assert (status["state"], status["progress"]["percent"]) == ("queued", 0)
    assert status["progress"]["total_bytes"] == len(CSV)
    preview = await ana.client.get(f"{path}/preview")
    assert (preview.status_code, preview.json()["code"]) == (409, "not_ready")


async def test_names_are_made_harmless_and_keep_their_accents(people: People) -> None:
    ana = await people.normal()
    assert (await upload(ana, name="../../etc/Municípios 2024.csv")).json()["name"] == "Municípios 2024.csv"
    assert (await upload(ana, name="C:\\dados\\a.csv")).json()["name"] == "a.csv"
    assert (await upload(ana, name="..")).json()["name"] == "file"


async def test_file_above_the_limit_is_refused_and_leaves_nothing(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    refused = await upload(ana, b"x" * (3 * 1024**2 + 1))
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert stored(app) == []
    assert (await ana.client.get(f"{FILES}/")).json()["items"] == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", CSV),
        ("multipart/form-data; boundary=x", b""),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n1\r\n' * 2 + b"--x--\r\n",
        ),
    ],
)
async def test_anything_but_one_whole_file_is_refused_and_leaves_nothing(
    app: FastAPI, people: People, content_type: str, body: bytes
) -> None:
    ana = await people.normal()
    refused = await ana.client.post(f"{FILES}/upload", content=body, headers={"Content-Type": content_type})
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert stored(app) == []


async def test_upload_that_breaks_off_leaves_nothing(
    app: FastAPI, people: People, server_url: str, settings: Settings
) -> None:
    ana = await people.normal()
    url = httpx.URL(server_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {FILES}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: {ana.headers['Authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3000000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'.encode()
    )
    writer.write(b"a,b\n" * 400_000)
    await writer.drain()
    incoming = settings.data_dir / "incoming"
    await until(lambda: incoming.is_dir() and any(path.stat().st_size > 0 for path in incoming.iterdir()))
    writer.close()
    await until(lambda: not any(incoming.iterdir()))
    assert stored(app) == []
    assert (await ana.client.get(f"{FILES}/")).json()["items"] == []


async def test_preview_shows_rows_profile_and_report_in_the_readers_language(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    file_id = await ready_file(app, ana)
    preview = await ana.client.get(
        f"{FILES}/{file_id}/preview", params={"limit": 2}, headers={"Accept-Language": "pt-BR"}
    )
    assert preview.status_code == 200, preview.text
    body = preview.json()
    assert body["rows"] == [["Norte", "Mesa", 100.5, 2, "2024-01-10"], ["Sul", "Mesa", 200.0, 1, "2024-02-11"]]
    assert (body["table"], body["rows_total"]) == ("vendas", 4)
    value = next(column for column in body["profile"] if column["name"] == "valor")
    assert (value["minimum"], value["maximum"], value["distinct"]) == (50, 200, 4)
    assert body["report"]["notes"] == ["como está"]


async def test_file_is_renamed_without_touching_its_table(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    file_id = await ready_file(app, ana)
    renamed = await ana.client.put(f"{FILES}/{file_id}", json={"name": "Vendas 2024"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Vendas 2024")
    assert (await ana.client.get(f"{FILES}/{file_id}/preview")).json()["table"] == "vendas"


async def test_file_in_use_is_kept_and_a_free_one_goes_with_its_bytes(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    file_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    refused = await ana.client.delete(f"{FILES}/{file_id}")
    assert (refused.status_code, refused.json()["code"], refused.json()["agents"]) == (409, "conflict", 1)
    await ana.client.delete(f"/api/v1/agents/{agent_id}")
    assert (await ana.client.delete(f"{FILES}/{file_id}")).status_code == 204
    assert (await ana.client.get(f"{FILES}/{file_id}")).status_code == 404
    assert (await ana.client.get(f"{FILES}/")).json()["items"] == []
    assert stored(app) != []


async def test_sweep_removes_what_has_no_row_and_keeps_the_rest(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    engine: Engine = app.state.engine
    kept = (await upload(ana)).json()["id"]
    orphan = engine.store.path("files/0193a5a0-0000-7000-8000-000000000000/0193a5a0-0000-7000-8000-000000000001/raw")
    chunk = engine.store.path("uploads/0193a5a0-0000-7000-8000-000000000002/0-ab")
    for path in (orphan, chunk):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"left")
    engine.store.objects.orphan_after_s = -1
    assert await sweep_files(engine.platform) == 2
    (left,) = stored(app)
    assert left.startswith(f"files/{kept}/")


async def test_sweep_removes_the_arrival_of_a_dead_process_and_keeps_a_living_ones(app: FastAPI) -> None:
    engine: Engine = app.state.engine
    living, dead = engine.store.arrival(), engine.store.arrival()
    dead.close()
    for path in (living.path, dead.path):
        os.utime(path, (0, 0))
    assert await sweep_files(engine.platform) == 1
    assert living.path.exists()
    living.discard()


async def version_of(engine: Engine, file_id: str) -> UUID:
    async with engine.platform.database.read() as session:
        return (await session.scalars(select(FileVersion.id).where(FileVersion.file_id == UUID(file_id)))).one()


async def test_sweep_removes_what_an_attempt_left_and_keeps_one_that_reads(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    engine: Engine = app.state.engine
    waiting = await version_of(engine, (await upload(ana)).json()["id"])
    ready = await version_of(engine, str(await ready_file(app, ana)))
    needed = [attempt_key(waiting, 2), archive_key(new_id(), 1), young := attempt_key(new_id(), 1)]
    for key in (*needed, attempt_key(ready, 1), attempt_key(new_id(), 1)):
        engine.store.path(key).mkdir(parents=True)
        age_s = 0 if key == young else 60
        os.utime(engine.store.path(key), (time.time() - age_s,) * 2)

    assert await sweep_files(engine.platform) == 2

    left = {f"{WORK}/{path.name}" for path in engine.store.path(WORK).iterdir()}
    assert left == set(needed)


async def test_files_of_another_user_do_not_exist(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    path = f"{FILES}/{await ready_file(app, ana)}"
    for suffix in ("", "/status", "/preview"):
        assert (await bob.client.get(path + suffix)).status_code == 404
    assert (await bob.client.put(path, json={"name": "x"})).status_code == 404
    assert (await bob.client.delete(path)).status_code == 404
    assert (await bob.client.get(f"{FILES}/")).json()["items"] == []
