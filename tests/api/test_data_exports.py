"""Taking one's own data away: one archive at a time, fetched by its owner alone, removed after its time."""

import io
import zipfile

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.db import Database
from app.core.jobs import JobKind
from app.core.storage import RAW
from app.services.accounts.data_exports import sweep_exports, take
from app.services.engine.engine import Engine
from tests.askable import ready_file
from tests.conftest import RecordingPublisher
from tests.people import People

pytestmark = pytest.mark.anyio

ME = "/api/v1/users/me"


async def _work(app: FastAPI) -> None:
    """Makes the archives that wait."""
    engine: Engine = app.state.engine
    async with engine.platform.database.read() as session:
        waiting = "SELECT id FROM jobs WHERE kind = 'export_data' AND state = 'queued'"
        job_ids = list((await session.execute(text(waiting))).scalars())
    for job_id in job_ids:
        await take(engine, job_id)


async def test_an_archive_has_the_files_as_they_were_sent_under_harmless_names(
    app: FastAPI, people: People, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    file_id = await ready_file(app, ana, name="../../etc/passwd")
    engine: Engine = app.state.engine
    for folder in engine.store.path(f"files/{file_id}").iterdir():
        (folder / RAW).write_bytes(b"a,b\n1,2\n")
    begun = await ana.client.post(f"{ME}/export")
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    assert [kind for kind, _ in publisher.published] == [JobKind.EXPORT_DATA]
    path = begun.headers["Location"]
    early = await ana.client.get(f"{path}/archive")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    await _work(app)
    ready = (await ana.client.get(path)).json()
    fetched = await ana.client.get(f"{path}/archive")
    assert (ready["state"], ready["size_bytes"]) == ("ready", len(fetched.content))
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert archive.read(f"files/{file_id}/1/_.._etc_passwd") == b"a,b\n1,2\n"
        assert "README.txt" in archive.namelist()


async def test_one_archive_is_made_at_a_time_and_seen_by_its_owner_alone(app: FastAPI, people: People) -> None:
    ana, bia = await people.normal(), await people.normal()
    first, second = await ana.client.post(f"{ME}/export"), await ana.client.post(f"{ME}/export")
    assert first.json()["id"] == second.json()["id"]
    await _work(app)
    later = await ana.client.post(f"{ME}/export")
    assert later.json()["id"] != first.json()["id"]
    listed = (await ana.client.get(f"{ME}/exports")).json()["items"]
    assert [item["id"] for item in listed] == [later.json()["id"], first.json()["id"]]
    assert (await bia.client.get(first.headers["Location"])).status_code == 404
    assert (await bia.client.get(f"{first.headers['Location']}/archive")).status_code == 404


async def test_an_archive_goes_when_its_time_is_over(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    path = (await ana.client.post(f"{ME}/export")).headers["Location"]
    await _work(app)
    engine: Engine = app.state.engine
    assert await sweep_exports(engine.platform) == 0
    async with database.transaction() as session:
        await session.execute(text("UPDATE data_exports SET expires_at = now() - interval '1 second'"))
    assert await sweep_exports(engine.platform) == 1
    assert (await ana.client.get(path)).status_code == 404
    assert await engine.store.objects.entries("exports") == []
