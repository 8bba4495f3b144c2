"""Versions of files over HTTP: replaced, appended to, read anew, described; on a folder and on a bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.core.ids import new_id
from app.services.engine.engine import Engine
from app.services.files import file_ingestion
from app.services.files.file_sweeper import sweep_files
from tests.conftest import make_settings
from tests.people import People, Person
from tests.stores import KINDS, store_settings

pytestmark = pytest.mark.anyio

ROUTE = "/api/v1/files"
CSV = b"cod,valor\n001,10\n002,20\n"


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Settings]:
    with store_settings(request.param) as store:
        yield make_settings(
            database_url=database_url, valkey_url=valkey_url, data_dir=tmp_path / "data", file_versions_kept=1, **store
        )


async def read_next(app: FastAPI) -> None:
    await file_ingestion.take(app.state.engine, new_id())


async def uploaded(app: FastAPI, person: Person, content: bytes = CSV) -> str:
    """Route of a ready file."""
    taken = await person.client.post(f"{ROUTE}/upload", files={"file": ("vendas.csv", content)})
    assert taken.status_code == 202, taken.text
    await read_next(app)
    return str(taken.headers["Location"])


async def next_version(person: Person, path: str, content: bytes, mode: str) -> httpx.Response:
    return await person.client.post(f"{path}/versions", data={"mode": mode}, files={"file": ("novo.csv", content)})


async def rows(person: Person, path: str) -> list[list[Any]]:
    found: list[list[Any]] = (await person.client.get(f"{path}/preview")).json()["rows"]
    return found


async def test_replaced_file_is_asked_as_it_was_until_the_new_version_is_ready(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    replaced = await next_version(ana, path, b"cod,valor\n003,30\n", "replace")
    assert replaced.status_code == 202, replaced.text
    assert (replaced.json()["version"], replaced.json()["newest_version"]) == (1, 2)
    assert await rows(ana, path) == [["001", 10], ["002", 20]]
    await read_next(app)
    assert await rows(ana, path) == [["003", 30]]
    versions = (await ana.client.get(f"{path}/versions")).json()["items"]
    assert [(v["number"], v["origin"], v["is_current"]) for v in versions] == [
        (2, "replace", True),
        (1, "upload", False),
    ]
    assert (await ana.client.get(f"{path}/preview")).json()["table"] == "vendas"


async def test_appended_rows_keep_the_types_of_the_table(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    await next_version(ana, path, b"valor;cod\n30;7\n", "append")
    await read_next(app)
    assert await rows(ana, path) == [["001", 10], ["002", 20], ["7", 30]]
    preview = (await ana.client.get(f"{path}/preview")).json()
    assert preview["rows_total"] == 3
    assert next(c for c in preview["profile"] if c["name"] == "valor")["maximum"] == 30


async def test_rows_of_other_columns_are_not_appended_and_the_differences_told(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    await next_version(ana, path, b"cod,valor,extra\n003,muito,1\n", "append")
    await read_next(app)
    file = (await ana.client.get(path)).json()
    assert (file["state"], file["version"], file["newest_state"]) == ("ready", 1, "failed")
    assert file["error"]["code"] == "append_mismatch"
    differences = {d["column"]: (d["expected"], d["found"]) for d in file["error"]["fields"]["differences"]}
    assert differences == {"valor": ("integer", "text"), "extra": (None, "integer")}
    assert await rows(ana, path) == [["001", 10], ["002", 20]]


async def test_second_append_waits_for_the_first(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    assert (await next_version(ana, path, CSV, "append")).status_code == 202
    refused = await next_version(ana, path, CSV, "append")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")


async def test_stored_bytes_are_read_anew_with_other_options(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    again = await ana.client.post(f"{path}/versions/reread", json={"options": {"has_header": False}})
    assert again.status_code == 202, again.text
    await read_next(app)
    assert await rows(ana, path) == [["cod", "valor"], ["001", "10"], ["002", "20"]]
    unknown = await ana.client.post(f"{path}/versions/reread", json={"options": {"colour": 1}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "validation_failed")


async def test_upload_obeys_its_options(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    data = {"options": '{"has_header": false}'}
    taken = await ana.client.post(f"{ROUTE}/upload", data=data, files={"file": ("a.csv", CSV)})
    await read_next(app)
    assert len(await rows(ana, taken.headers["Location"])) == 3


async def test_descriptions_reach_catalogue_and_preview_and_outdate_cached_answers(
    app: FastAPI, people: People
) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    file_id = path.rpartition("/")[2]
    agent = (await ana.client.post("/api/v1/agents/", json={"name": "A", "source_ids": [file_id]})).json()
    asking = {"agent_id": agent["id"], "question": "soma do faturamento"}
    before = (await ana.client.post("/api/v1/queries/execute", json=asking)).json()
    assert before.get("result") is None
    columns = {"valor": {"label": "Faturamento", "description": "Receita bruta"}}
    body = {"name": "Vendas", "description": "Por código", "columns": columns}
    described = await ana.client.put(path, json=body)
    assert described.status_code == 200, described.text
    after = (await ana.client.post("/api/v1/queries/execute", json=asking)).json()
    assert after["result"]["rows"] == [[30]], after
    profile = (await ana.client.get(f"{path}/preview")).json()["profile"]
    assert (profile[1]["label"], profile[1]["description"]) == ("Faturamento", "Faturamento: Receita bruta")
    unknown = await ana.client.put(path, json={"name": "x", "columns": {"nope": {}}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("name", ["a/b", "..", "a\u202eb", "a\x07b"])
async def test_harmful_names_are_refused(app: FastAPI, people: People, name: str) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    assert (await ana.client.put(path, json={"name": name})).status_code == 422


async def test_answers_of_an_old_version_are_not_served_for_the_new_one(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    body = {"name": "A", "source_ids": [path.rpartition("/")[2]]}
    agent = (await ana.client.post("/api/v1/agents/", json=body)).json()
    asking = {"agent_id": agent["id"], "question": "soma de valor"}
    assert (await ana.client.post("/api/v1/queries/execute", json=asking)).json()["result"]["rows"] == [[30]]
    await next_version(ana, path, b"cod,valor\n003,99\n", "replace")
    await read_next(app)
    assert (await ana.client.post("/api/v1/queries/execute", json=asking)).json()["result"]["rows"] == [[99]]


async def test_replaced_versions_go_when_no_question_can_run_on_them(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    path = await uploaded(app, ana)
    await next_version(ana, path, CSV, "replace")
    await read_next(app)
    engine: Engine = app.state.engine
    await sweep_files(engine.platform)
    assert len((await ana.client.get(f"{path}/versions")).json()["items"]) == 2
    async with database.transaction() as session:
        await session.execute(text("UPDATE file_versions SET finished_at = finished_at - interval '1 day'"))
    await sweep_files(engine.platform)
    assert [v["number"] for v in (await ana.client.get(f"{path}/versions")).json()["items"]] == [2]
    stored = await engine.store.objects.entries("files")
    assert len({entry.key.split("/")[2] for entry in stored}) == 1
    assert await rows(ana, path) == [["001", 10], ["002", 20]]


async def test_one_persons_many_files_do_not_keep_anothers_waiting(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.normal()
    for _ in range(3):
        await ana.client.post(f"{ROUTE}/upload", files={"file": ("a.csv", CSV)})
    path = (await bob.client.post(f"{ROUTE}/upload", files={"file": ("b.csv", CSV)})).headers["Location"]
    await read_next(app)
    await read_next(app)
    assert (await bob.client.get(f"{path}/status")).json()["state"] == "ready"
