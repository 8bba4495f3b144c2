"""Draws every kind of chart from the example data on one picture a language, to be looked at.

`python -m benchmarks.charts_sheet FOLDER` asks the CSVs of `examples/data` with the statements below, draws each result
in the wished kind, and writes `charts-pt-BR.png` and `charts-en.png`. It fails when a kind could not be drawn.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.agentgraph.charts import ChartType, ChartWish, NoChart, draw, render_png
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import Limits, ResultSet
from app.connectors.sql_gate import check
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.core.i18n import Language, Text
from app.services.batch.sources import BatchSources
from benchmarks.figures import report

EXAMPLES = Path(__file__).parents[1] / "examples" / "data"
FILES = ["estados.csv", "municipios.csv", "seattle-weather.csv", "tips.csv"]
MAX_ROWS = 5000
COLUMNS = 3
SCALE = 1.0
"""Pixels for each unit of a specification: enough to read every label."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One chart of the sheet: the question in the reader's words, and the statement that answers it."""

    type: ChartType
    question: Text
    sql: str


SAMPLES: tuple[Sample, ...] = (
    Sample(
        ChartType.LINE,
        Text(en="Precipitation by month", pt="Precipitação por mês"),
        "SELECT strftime('%Y-%m', date) AS mes, SUM(precipitation) AS precipitacao FROM seattle_weather GROUP BY 1",
    ),
    Sample(
        ChartType.MULTI_LINE,
        Text(en="Mean highest and lowest temperature by month", pt="Média das temperaturas máxima e mínima por mês"),
        "SELECT strftime('%Y-%m', date) AS month, AVG(temp_max) AS avg_temp_max, AVG(temp_min) AS avg_temp_min "
        "FROM seattle_weather GROUP BY 1",
    ),
    Sample(
        ChartType.AREA,
        Text(en="Days of rain by quarter", pt="Dias de chuva por trimestre"),
        "SELECT strftime('%Y', date) || '-Q' || ((strftime('%m', date) + 2) / 3) AS trimestre, COUNT(*) AS dias "
        "FROM seattle_weather WHERE weather = 'rain' GROUP BY 1",
    ),
    Sample(
        ChartType.BAR,
        Text(en="Average tip by day", pt="Gorjeta média por dia"),
        "SELECT day, AVG(tip) AS avg_tip FROM tips GROUP BY 1",
    ),
    Sample(
        ChartType.HORIZONTAL_BAR,
        Text(en="Cities by state, largest first", pt="Municípios por estado, do maior para o menor"),
        "SELECT e.nome AS estado, COUNT(*) AS municipios FROM municipios m JOIN estados e USING (codigo_uf) "
        "GROUP BY 1 ORDER BY 2 DESC",
    ),
    Sample(
        ChartType.GROUPED_BAR,
        Text(en="Average bill by day and meal", pt="Conta média por dia e refeição"),
        "SELECT day, time, AVG(total_bill) AS avg_total_bill FROM tips GROUP BY 1, 2",
    ),
    Sample(
        ChartType.STACKED_BAR,
        Text(en="Days by year and weather", pt="Dias por ano e tempo"),
        "SELECT CAST(strftime('%Y', date) AS INTEGER) AS ano, weather AS tempo, COUNT(*) AS dias "
        "FROM seattle_weather GROUP BY 1, 2",
    ),
    Sample(
        ChartType.PIE,
        Text(en="Cities by region", pt="Municípios por região"),
        "SELECT e.regiao AS region, COUNT(*) AS cities FROM municipios m JOIN estados e USING (codigo_uf) GROUP BY 1",
    ),
    Sample(
        ChartType.DONUT,
        Text(en="Cities by state", pt="Municípios por estado"),
        "SELECT e.nome AS estado, COUNT(*) AS municipios FROM municipios m JOIN estados e USING (codigo_uf) GROUP BY 1",
    ),
    Sample(
        ChartType.PIES_BY_GROUP,
        Text(en="Days by weather in each year", pt="Dias por tempo em cada ano"),
        "SELECT CAST(strftime('%Y', date) AS INTEGER) AS year, weather, COUNT(*) AS days "
        "FROM seattle_weather GROUP BY 1, 2",
    ),
    Sample(
        ChartType.HISTOGRAM,
        Text(en="Distribution of the bills", pt="Distribuição das contas"),
        "SELECT total_bill AS valor_da_conta FROM tips",
    ),
    Sample(
        ChartType.SCATTER,
        Text(en="Tip against bill", pt="Gorjeta em relação à conta"),
        "SELECT total_bill, tip, smoker FROM tips",
    ),
    Sample(
        ChartType.BOX_PLOT, Text(en="Tip by day", pt="Gorjeta por dia"), "SELECT day AS dia, tip AS gorjeta FROM tips"
    ),
    Sample(
        ChartType.HEAT_MAP,
        Text(en="Average highest temperature by month and year", pt="Média da temperatura máxima por mês e ano"),
        "SELECT CAST(strftime('%m', date) AS INTEGER) AS month, CAST(strftime('%Y', date) AS INTEGER) AS year, "
        "AVG(temp_max) AS avg_temp_max FROM seattle_weather GROUP BY 1, 2",
    ),
)


def main(folder: Path, source: Path) -> None:
    """Writes the sheets `charts-pt.png` and `charts-en.png` to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    results = asyncio.run(_results(source))
    for language in Language:
        charts = [_drawn(sample, result, language) for sample, result in zip(SAMPLES, results, strict=True)]
        target = folder / f"charts-{language.value}.png"
        target.write_bytes(render_png(_sheet(charts), language=language, scale=SCALE))
        report(f"kinds of chart on {target}", len({chart.type for chart in charts}), "kinds", of=len(ChartType))


async def _results(source: Path) -> list[ResultSet]:
    """The rows of every sample, by the way of every question: ingestion, gate, child."""
    pool = SqlitePool(children=1)
    try:
        with BatchSources(source) as sources:
            opened = sources.of({"files": FILES})
            connector = SqliteConnector(opened.database, opened.catalog, pool)
            tables = [table.name for table in opened.catalog.tables]
            statements = [check(sample.sql, dialect=opened.catalog.dialect, tables=tables) for sample in SAMPLES]
            return [await connector.query(statement, Limits(max_rows=MAX_ROWS)) for statement in statements]
    finally:
        await pool.close()


def _drawn(sample: Sample, result: ResultSet, language: Language) -> DrawnChart:
    wish = ChartWish.VERTICAL_BAR if sample.type is ChartType.BAR else _wish_of(sample.type)
    chart = draw(result, question=sample.question.to(language), wish=wish, language=language)
    if isinstance(chart, NoChart) or chart.type != sample.type.value:
        reason = chart.reason.to(Language.EN) if isinstance(chart, NoChart) else chart.reason
        raise SystemExit(f"{sample.question.en}: no {sample.type.value}, because {reason}")
    return chart


def _sheet(charts: list[DrawnChart]) -> dict[str, Any]:
    """All `charts` side by side as one specification."""
    own = {"$schema", "config"}
    cells = [{name: part for name, part in chart.spec.items() if name not in own} for chart in charts]
    shared = {name: charts[0].spec[name] for name in own}
    return {
        **shared,
        "concat": cells,
        "columns": COLUMNS,
        "spacing": 50,
        "resolve": {"scale": {"color": "independent"}},
    }


def _wish_of(kind: ChartType) -> ChartWish:
    return ChartWish.LINE if kind is ChartType.MULTI_LINE else ChartWish(kind.value)


if __name__ == "__main__":
    main(Path(sys.argv[1]), EXAMPLES)
