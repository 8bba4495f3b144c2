"""A search index of any size, made of questions that other people wrote, with our own pairs among them."""

import asyncio
import json
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from app.core.config import Settings
from app.core.db import SYSTEM, Database
from app.core.ids import new_id
from app.models import Agent, User
from app.repositories.exchanges import Vector, terms_text
from app.services.engine.embeddings import Embeddings

EMBEDDED = 1500
"""Different questions that are embedded at the most; the rest repeats them with other figures and disturbed vectors."""
NOISE = 0.0116
"""Deviation of each number of a repeated question's vector: what another figure in its text makes of it, measured over
twelve questions (cosine 0.97; between different questions 0.77)."""
BATCH = 10_000
"""Rows that are made and copied at a time."""
RARE = 0.001
"""Share of the exchanges that belong to the rare agent."""
BUILD_S = 7200
"""Longest time of one statement, for a million exchanges on a busy machine."""
MEMORY = "2GB"
"""For building indexes: the graph of a million vectors takes 1.3 GB."""
CHANCE = random.Random(3)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that was asked, and the words in which somebody looks for it later."""

    asked: str
    sought: str
    across: bool = False


PAIRS = (
    Pair("Qual foi o faturamento de cada filial em 2023?", "receita por loja no ano retrasado"),
    Pair("Quantos funcionários saíram da empresa no último trimestre?", "desligamentos recentes de pessoal"),
    Pair("Quais produtos estão com o estoque abaixo do mínimo?", "itens que precisam de reposição"),
    Pair("Qual o tempo médio de entrega por transportadora?", "quanto demora o frete de cada empresa"),
    Pair("Quantos pacientes foram internados por dengue em março?", "hospitalizações por mosquito no começo do ano"),
    Pair("Qual a nota média dos alunos em matemática por turma?", "desempenho em cálculo de cada classe"),
    Pair("Quais clientes não compram há mais de seis meses?", "consumidores inativos há meio ano"),
    Pair("Qual município tem a maior arrecadação de IPTU?", "arrecadação do IPTU nas cidades"),
    Pair("Quantos voos atrasaram por causa da chuva?", "atrasos de avião por mau tempo"),
    Pair("Qual o consumo de energia por residência no verão?", "gasto de eletricidade das casas nos meses quentes"),
    Pair("Quais deputados faltaram a mais sessões?", "parlamentares ausentes com frequência"),
    Pair("Qual a margem de lucro por linha de produto?", "rentabilidade de cada categoria vendida"),
    Pair("Quantas reclamações cada operadora recebeu?", "queixas contra empresas de telefone"),
    Pair("Qual foi a safra de soja do Mato Grosso?", "produção de grãos do Mato Grosso"),
    Pair("Quantos acidentes houve na BR-101 com vítimas?", "vítimas na BR-101"),
    Pair("Which customers spent the most on subscriptions?", "who pays most for subscriptions"),
    Pair("How many support tickets were reopened last month?", "cases that came back after being closed"),
    Pair("What is the average salary of engineers by seniority?", "pay of developers per level"),
    Pair("Which warehouses ship late most often?", "depots with delayed dispatch"),
    Pair("How many visitors bounced from the landing page?", "people who left the site at once"),
    Pair("What was the rainfall in each county in spring?", "precipitation per district from March to May"),
    Pair("Which drugs have the most adverse reactions reported?", "medicines with side effects"),
    Pair("How much did we refund per payment method?", "money given back by card type"),
    Pair("Which players scored in overtime?", "overtime goals and by whom"),
    Pair("What share of orders used a discount code?", "fraction of purchases with a coupon"),
    Pair("How many bikes were rented on weekends?", "cycle hire on Saturdays and Sundays"),
    Pair("Which suppliers raised their prices this year?", "vendors that became more expensive"),
    Pair("What is the churn rate by acquisition channel?", "cancellations depending on where users came from"),
    Pair("How many homes were sold above the asking price?", "houses that fetched more than listed"),
    Pair("Which museums had more visitors than in 2019?", "museums back to their attendance of 2019"),
    Pair("Qual vendedor fechou mais contratos?", "salesperson with the most deals closed", across=True),
    Pair("Quantos imóveis estão para alugar no centro?", "downtown properties for rent", across=True),
    Pair("Qual a temperatura máxima registrada em janeiro?", "hottest day of January", across=True),
    Pair("Quais escolas têm biblioteca?", "schools with a library", across=True),
    Pair("Qual o gasto com publicidade por campanha?", "advertising spend by campaign", across=True),
    Pair("How many earthquakes were stronger than magnitude 6?", "tremores de terra mais fortes", across=True),
    Pair("Which airports handle the most cargo?", "aeroportos com maior volume de carga", across=True),
    Pair("What is the median age of subscribers?", "idade típica dos assinantes", across=True),
    Pair("How many books were returned late?", "livros devolvidos com atraso", across=True),
    Pair("Which hospitals have free beds?", "hospitais com leitos disponíveis", across=True),
)
"""Twenty questions in Portuguese and twenty in English; ten are sought in the other language.

Most share no word with those in which they are sought, some a name or a rare word, as people remember them.
"""


@dataclass(frozen=True, slots=True)
class Base:
    """The different questions of an index, each embedded once."""

    questions: Sequence[str]
    vectors: Sequence[Vector]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A filled index."""

    owner_id: UUID
    rare_agent_id: UUID
    """An agent with a thousandth of the exchanges."""
    pairs: dict[UUID, Pair]
    embedded: int
    embedding_s: float


def base_questions(data: Path) -> list[str]:
    """Different questions of the data folder, shuffled in a fixed way."""
    found: dict[str, None] = {}
    for path in sorted((data / "nlsql").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found[str(json.loads(line)["question"]).strip()] = None
    questions = list(found)
    CHANCE.shuffle(questions)
    return questions


async def fill(url: str, data: Path, size: int, settings: Settings) -> Corpus:
    """Fills an empty migrated database with `size` exchanges of one user and our own, and builds the indexes last.

    Beyond EMBEDDED the vectors are synthetic: those of the base questions, disturbed.
    """
    embeddings, clock = Embeddings(settings), asyncio.get_running_loop().time
    questions = base_questions(data)[: min(EMBEDDED, size)]
    started = clock()
    vectors = [await _vector(embeddings, question) for question in questions]
    took = clock() - started
    own = {new_id(): pair for pair in PAIRS}
    base = Base(
        [*questions, *(pair.asked for pair in PAIRS)],
        [*vectors, *[await _vector(embeddings, pair.asked) for pair in PAIRS]],
    )
    await embeddings.close()
    owner_id, agents = await _people(url)
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM})
    try:
        indexes = await _drop_indexes(connection)
        await _stage(connection, base, len(questions), size, list(own))
        await _insert(connection, owner_id, agents)
        await connection.execute(f"SET maintenance_work_mem = '{MEMORY}'; SET max_parallel_maintenance_workers = 2")
        for index in indexes:
            await connection.execute(index, timeout=BUILD_S)
        for table in ("exchanges", "queries"):
            await connection.execute(f"VACUUM ANALYZE {table}", timeout=BUILD_S)
    finally:
        await connection.close()
    return Corpus(owner_id, agents[0], own, len(questions), took)


async def _vector(embeddings: Embeddings, text: str) -> Vector:
    (vector,) = await embeddings.of([text])
    assert vector is not None
    return vector


async def _people(url: str) -> tuple[UUID, list[UUID]]:
    owner = User(id=new_id(), email="bench@example.com", name="B", kind="NORMAL", password_hash="!")
    agents = [Agent(id=new_id(), owner_id=owner.id, name="A", sources=[]) for _ in range(2)]
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as session:
            session.add(owner)
            await session.flush()
            session.add_all(agents)
    finally:
        await database.close()
    return owner.id, [agent.id for agent in agents]


async def _drop_indexes(connection: asyncpg.Connection) -> list[str]:
    """Drops what is quicker built at the end; gives the statements that build it."""
    rows = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'exchanges' AND indexname LIKE 'ix\\_%'"
    )
    for row in rows:
        await connection.execute(f"DROP INDEX {row['indexname']}")
    return [row["indexdef"] for row in rows]


async def _stage(connection: asyncpg.Connection, base: Base, repeated: int, size: int, own: Sequence[UUID]) -> None:
    """Copies base questions and rows into temporary tables; the last `own` base questions are told once each."""
    await connection.execute(
        """
        CREATE TEMPORARY TABLE base (place int, question text, model text, terms sparsevec, words tsvector);
        CREATE TEMPORARY TABLE given (id uuid, place int, number int, is_rare boolean, vector halfvec(384))
        """
    )
    await connection.set_type_codec("halfvec", schema="public", encoder=bytes, decoder=bytes, format="binary")
    await connection.executemany(
        "INSERT INTO base VALUES ($1, $2, $3, CAST(CAST($4 AS text) AS sparsevec), "
        "setweight(to_tsvector('agentgraph_pt', $2), 'A') || setweight(to_tsvector('agentgraph_en', $2), 'A'))",
        [
            (place, question, vector.model, terms_text(vector.terms or {}))
            for place, (question, vector) in enumerate(zip(base.questions, base.vectors, strict=True))
        ],
    )
    numbers = np.array([vector.numbers for vector in base.vectors], dtype=np.float32)
    for rows in _batches(numbers, repeated, size):
        await connection.copy_records_to_table("given", records=rows, timeout=BUILD_S)
    once = [(query_id, repeated + n, None, False, _packed(numbers[repeated + n])) for n, query_id in enumerate(own)]
    await connection.copy_records_to_table("given", records=once, timeout=BUILD_S)


def _batches(numbers: "np.ndarray[Any, Any]", repeated: int, size: int) -> Iterator[list[tuple[object, ...]]]:
    """Each base question as it is the first time, then about another figure and with a disturbed vector."""
    noise = np.random.default_rng(3)
    for start in range(0, size, BATCH):
        places = np.arange(start, min(start + BATCH, size))
        vectors = numbers[places % repeated]
        again = places >= repeated
        vectors[again] += noise.normal(0, NOISE, (int(again.sum()), numbers.shape[1]))
        yield [
            (
                new_id(),
                int(place % repeated),
                CHANCE.randrange(10_000) if is_again else None,
                CHANCE.random() < RARE,
                _packed(vector),
            )
            for place, is_again, vector in zip(places, again, vectors, strict=True)
        ]


def _packed(vector: "np.ndarray[Any, Any]") -> bytes:
    """A vector as pgvector receives a `halfvec`: length, two unused bytes, 16-bit numbers, all big-endian."""
    return struct.pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes()


async def _insert(connection: asyncpg.Connection, owner_id: UUID, agents: Sequence[UUID]) -> None:
    question = "question || coalesce(' (' || number || ')', '')"
    await connection.execute(
        f"""
        INSERT INTO queries (id, owner_id, agent_id, agent_version, question, answer, language, state, outcome,
                             truncated, tokens_in, tokens_out)
        SELECT id, $1, CASE WHEN is_rare THEN $2::uuid ELSE $3::uuid END, 1, {question}, 'Soma de valor: 425,75.',
               'pt-BR', 'succeeded', 'answered', false, 0, 0
          FROM given JOIN base USING (place)
        """,
        owner_id,
        *agents,
        timeout=BUILD_S,
    )
    await connection.execute(
        f"""
        INSERT INTO exchanges (query_id, owner_id, agent_id, source_ids, outcome, language, asked_at, words, spelling,
                               model, vector, terms)
        SELECT id, $1, CASE WHEN is_rare THEN $2::uuid ELSE $3::uuid END, '{{}}', 'answered', 'pt-BR', now(),
               CASE WHEN number IS NULL THEN words
                    ELSE words || setweight(array_to_tsvector(ARRAY[number::text]), 'A') END,
               lower(unaccent({question})), model, vector, terms
          FROM given JOIN base USING (place)
        """,
        owner_id,
        *agents,
        timeout=BUILD_S,
    )
