"""The tour over a database on a server, with a join in both languages: by the planner, and by a scripted model."""

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.services import EmbeddedUrls
from benchmarks.sqlite_copy import Table, tables_of
from benchmarks.system import System, fake_providers, provider_settings, running_system
from benchmarks.tour_servers import LOCAL, MODEL, on_mariadb, on_postgres, tour, verdicts
from tests.mariadb import MariaDb

DATA = Path(__file__).parents[2] / "examples" / "data"
REGIONS = [["Centro-Oeste", 468], ["Nordeste", 1794], ["Norte", 450], ["Sudeste", 1668], ["Sul", 1191]]
ITEMS = [
    {
        "question": "Quantos municípios existem na base?",
        "sql": "SELECT COUNT(*) FROM municipios",
        "rows": [[5571]],
    },
    {
        "question": "Quantos municípios há em cada região?",
        "sql": "SELECT e.regiao, COUNT(*) FROM municipios AS m JOIN estados AS e ON e.codigo_uf = m.codigo_uf"
        " GROUP BY e.regiao",
        "rows": REGIONS,
    },
    {
        "question": "How many municipios are there by regiao?",
        "sql": "SELECT e.regiao, COUNT(*) FROM municipios AS m JOIN estados AS e ON e.codigo_uf = m.codigo_uf"
        " GROUP BY e.regiao",
        "rows": REGIONS,
    },
    {
        "question": "How many municipios are in the region Sul?",
        "sql": "SELECT COUNT(*) FROM municipios AS m JOIN estados AS e ON e.codigo_uf = m.codigo_uf"
        " WHERE e.regiao = 'Sul'",
        "rows": [[1191]],
    },
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Table]:
    """States and municipalities of Brazil, from the example files, with their keys."""
    path = tmp_path_factory.mktemp("brazil") / "brazil.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE estados (codigo_uf INTEGER PRIMARY KEY, uf TEXT, nome TEXT, latitude REAL, longitude REAL,"
            " regiao TEXT)"
        )
        database.execute(
            "CREATE TABLE municipios (codigo_ibge INTEGER PRIMARY KEY, nome TEXT, latitude REAL, longitude REAL,"
            " capital INTEGER, codigo_uf INTEGER REFERENCES estados (codigo_uf), siafi_id TEXT, ddd INTEGER,"
            " fuso_horario TEXT)"
        )
        for name, width in (("estados", 6), ("municipios", 9)):
            with (DATA / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file))[1:]
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", rows)
    database.close()
    return tables_of(path)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The product, beside a provider whose model knows the statements; both servers read them."""
    table = {str(item["question"]): str(item["sql"]) for item in ITEMS}
    with fake_providers(table, latency_s=0) as urls, running_system({**provider_settings(urls), **LOCAL}) as running:
        yield running


def assert_both_know_every_answer(system: System, dsn: str) -> None:
    """The tour is right throughout with the planner, which is free, and with the model, which is not."""
    by_planner, by_model = tour(system, dsn, ITEMS, None), tour(system, dsn, ITEMS, MODEL)

    assert verdicts(by_planner) == {"right": len(ITEMS)}, by_planner
    assert verdicts(by_model) == {"right": len(ITEMS)}, by_model
    assert by_planner.count("by       planner, 0+0 tokens, USD 0") == len(ITEMS)
    assert by_model.count("by       model, ") == len(ITEMS)
    assert " JOIN " in by_planner
    assert " JOIN " in by_model


@pytest.mark.timeout(300)
def test_the_tour_is_right_on_postgresql(system: System, services: EmbeddedUrls, tables: list[Table]) -> None:
    with on_postgres(services.database_url, "brazil_tour", tables) as dsn:
        assert_both_know_every_answer(system, dsn)


@pytest.mark.timeout(300)
def test_the_tour_is_right_on_mariadb(system: System, mariadb: MariaDb, tables: list[Table]) -> None:
    with on_mariadb(mariadb, "brazil_tour", tables) as dsn:
        assert_both_know_every_answer(system, dsn)
