"""What preview tells of files as people have them, how senders overrule it, and whose file is read next."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.ids import new_id
from app.services.files import file_ingestion
from tests.ingestion.workbooks import xlsx
from tests.people import People, Person

pytestmark = pytest.mark.anyio

ROUTE = "/api/v1/files"
SALES = (
    "cidade;data;valor\nSão Paulo;31/01/2024;R$ 1.234,56\nBelém;28/02/2024;R$ 12,00\nMaceió;01/03/2024;R$ 2.000,10\n"
)


WORKBOOK = xlsx({"Vendas": [["cidade", "valor"], ["Belém", 12.5], ["Natal", 3]], "Notas": [["nota"], ["nove"]]})


async def send(person: Person, name: str, content: bytes, **options: Any) -> str:
    data = {"options": json.dumps(options)} if options else {}
    taken = await person.client.post(f"{ROUTE}/upload", data=data, files={"file": (name, content)})
    assert taken.status_code == 202, taken.text
    return str(taken.headers["Location"])


async def previewed(app: FastAPI, person: Person, name: str, content: bytes, **options: Any) -> dict[str, Any]:
    path = await send(person, name, content, **options)
    await file_ingestion.take(app.state.engine, new_id())
    answer = await person.client.get(f"{path}/preview")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("codec", "label"), [("cp1252", "iso-8859-1"), ("utf-16", "utf-16"), ("utf-8-sig", "utf-8-sig")]
)
async def test_encoding_marks_and_dates_are_found_and_told(
    app: FastAPI, people: People, codec: str, label: str
) -> None:
    shown = await previewed(app, await people.normal(), "vendas.csv", SALES.encode(codec))

    assert shown["rows"][0] == ["São Paulo", "2024-01-31", 1234.56]
    report = shown["report"]
    assert (report["encoding"], report["delimiter"]) == (label, ";")
    assert report["encoding_confidence"] > 0.5
    assert report["dialect_confidence"] > 0.8
    assert [(c["type"], c["unit"], c["decimal"]) for c in report["columns"]][2] == ("real", "R$", ",")
    assert all(c["reason"] for c in report["columns"])


async def test_lines_before_the_table_are_left_out_and_shown(app: FastAPI, people: People) -> None:
    content = f"Secretaria da Fazenda\nRelatório de vendas\nEmitido em 02/03/2024\n{SALES}".encode()

    shown = await previewed(app, await people.normal(), "relatorio.csv", content)

    assert [line["line"] for line in shown["report"]["skipped"]] == [1, 2, 3]
    assert shown["rows_total"] == 3


async def test_sheet_is_chosen_by_its_sender_and_the_others_are_named(app: FastAPI, people: People) -> None:
    ana = await people.normal()

    first = await previewed(app, ana, "livro.xlsx", WORKBOOK)
    second = await previewed(app, ana, "livro.xlsx", WORKBOOK, sheet="Notas")

    assert (first["rows"], second["rows"]) == ([["Belém", 12.5], ["Natal", 3.0]], [["nove"]])
    assert any("Vendas" in note and "Notas" in note for note in first["report"]["notes"])


async def test_what_the_sender_says_overrules_detection(app: FastAPI, people: People) -> None:
    content = b"code,when,amount\n1,03/04/2024,1.234\n2,05/06/2024,2.345\n"
    told = {"day_first": False, "decimal": ",", "types": {"code": "text"}}

    shown = await previewed(app, await people.normal(), "a.csv", content, **told)

    assert shown["rows"][0] == ["1", "2024-03-04", 1234]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"encoding": "rot13"}, "/options/encoding"),
        ({"delimiter": "\n"}, "/options/delimiter"),
        ({"quote": "ab"}, "/options/quote"),
        ({"skip_lines": -1}, "/options/skip_lines"),
        ({"decimal": "x"}, "/options/decimal"),
        ({"decimals": {"value": "x"}}, "/options/decimals/value"),
        ({"types": {"a": "money"}}, "/options/types/a"),
        ({"delimiter": '"', "quote": '"'}, "/options"),
        ({"colour": 1}, "/options/colour"),
    ],
)
async def test_options_that_cannot_be_are_refused_at_the_door(
    people: People, options: dict[str, Any], place: str
) -> None:
    ana = await people.normal()

    refused = await ana.client.post(
        f"{ROUTE}/upload", data={"options": json.dumps(options)}, files={"file": ("a.csv", b"a,b\n1,2\n")}
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert refused.json()["errors"][0]["pointer"] == place
    assert (await ana.client.get(f"{ROUTE}/")).json()["items"] == []


async def test_one_persons_many_files_do_not_keep_anothers_waiting(app: FastAPI, people: People) -> None:
    ana, bruno = await people.normal(), await people.normal()
    many = [await send(ana, f"{n}.csv", b"a,b\n1,2\n") for n in range(4)]
    single = await send(bruno, "b.csv", b"a,b\n1,2\n")

    for _ in range(2):
        await file_ingestion.take(app.state.engine, new_id())

    states = [(await ana.client.get(path)).json()["state"] for path in many]
    assert states == ["ready", "queued", "queued", "queued"]
    assert (await bruno.client.get(single)).json()["state"] == "ready"
