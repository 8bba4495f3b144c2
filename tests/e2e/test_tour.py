"""The scripted tour against one running product: with the built-in planner, and with each provider's protocol.

It leads through the example files, and through databases on servers with a join in both languages.
"""

import csv
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.services import EmbeddedUrls
from benchmarks.sqlite_copy import Table, tables_of
from benchmarks.system import System, fake_providers, provider_settings, running_system
from benchmarks.tour_servers import LOCAL, MODEL, on_mariadb, on_postgres, verdicts
from benchmarks.tour_servers import tour as tour_of_server
from tests.mariadb import MariaDb

EXAMPLES = Path(__file__).parents[2] / "examples"
TOUR = EXAMPLES / "tour.sh"
QUESTIONS = {
    "Quantos municípios existem na base?": "SELECT COUNT(*) AS n FROM municipios",
    "Quantos estados há em cada região?": "SELECT regiao, COUNT(*) AS n FROM estados GROUP BY regiao",
    "Quais são os 5 estados com mais municípios?": (
        "SELECT e.nome, COUNT(*) AS n FROM municipios AS m JOIN estados AS e ON e.codigo_uf = m.codigo_uf"
        " GROUP BY e.nome ORDER BY n DESC LIMIT 5"
    ),
    "Quantos municípios têm ddd 11?": "SELECT COUNT(*) AS n FROM municipios WHERE ddd = 11",
    "How many days had snow?": "SELECT COUNT(*) AS n FROM seattle_weather WHERE weather = 'snow'",
    "What was the hottest day and its maximum temperature?": (
        "SELECT date, temp_max FROM seattle_weather ORDER BY temp_max DESC LIMIT 1"
    ),
    "What is the average temp_max by weather?": (
        "SELECT weather, AVG(temp_max) AS mean FROM seattle_weather GROUP BY weather"
    ),
    "Show the total precipitation by year as a line chart": (
        "SELECT STRFTIME('%Y', date) AS year, SUM(precipitation) AS total FROM seattle_weather GROUP BY 1 ORDER BY 1"
    ),
    "How many days are there by weather?": "SELECT weather, COUNT(*) AS n FROM seattle_weather GROUP BY weather",
    "only in 2012": (
        "SELECT weather, COUNT(*) AS n FROM seattle_weather WHERE date BETWEEN '2012-01-01' AND '2012-12-31'"
        " GROUP BY weather"
    ),
    "e em 2013?": (
        "SELECT weather, COUNT(*) AS n FROM seattle_weather WHERE date BETWEEN '2013-01-01' AND '2013-12-31'"
        " GROUP BY weather"
    ),
}
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
LLAMA = "huggingface:meta-llama/Llama-3.3-70B-Instruct"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """The product, started by its own command, with all three providers on loopback, whose models know all answers."""
    of_servers = {str(item["question"]): str(item["sql"]) for item in ITEMS}
    with fake_providers({**of_servers, **QUESTIONS}, latency_s=0) as urls:
        prices = {"AGENTGRAPH_MODEL_PRICES": f'{{"{LLAMA}": [0.6, 0.9]}}'}
        with running_system({**provider_settings(urls), **LOCAL, **prices}) as running:
            yield running


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
            with (EXAMPLES / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file))[1:]
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * width)})", rows)
    database.close()
    return tables_of(path)


def tour(system: System, out: Path, model: str | None = None) -> str:
    """What the tour prints; fails when one of its own checks does."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TOUR_OUT": str(out)}
    if model is not None:
        environment["TOUR_MODEL"] = model
    done = subprocess.run(
        ["bash", str(TOUR), system.url], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.timeout(300)
def test_planner_answers_the_whole_tour_at_no_cost(system: System, tmp_path: Path) -> None:
    printed = tour(system, tmp_path)

    assert printed.count("by       planner, 0+0 tokens, USD 0") == len(QUESTIONS)
    assert len(list(tmp_path.glob("*.png"))) == 4


@pytest.mark.timeout(300)
@pytest.mark.parametrize("model", ["openai:gpt-4o-mini", "anthropic:claude-3-5-sonnet-20241022", LLAMA])
def test_model_answers_the_whole_tour_and_its_usage_has_a_price(system: System, tmp_path: Path, model: str) -> None:
    printed = tour(system, tmp_path, model)

    bills = re.findall(r"by       model, (\d+)\+(\d+) tokens, USD (\S+)", printed)
    assert len(bills) == len(QUESTIONS)
    assert all(
        int(tokens_in) > 0 and int(tokens_out) > 0 and float(price) > 0 for tokens_in, tokens_out, price in bills
    )


@pytest.mark.timeout(300)
def test_everything_is_refused_that_must_be(system: System) -> None:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "AGENTGRAPH_DATA_DIR": str(system.data_dir),
        "AGENTGRAPH_BIN": str(Path(sys.executable).parent),
    }
    command = ["bash", str(EXAMPLES / "access.sh"), str(system.data_dir.parent / "ready.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert done.stdout.count("The chain holds") == 2


def assert_both_know_every_answer(system: System, dsn: str) -> None:
    """The tour is right throughout with the planner, which is free, and with the model, which is not."""
    by_planner, by_model = tour_of_server(system, dsn, ITEMS, None), tour_of_server(system, dsn, ITEMS, MODEL)

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
