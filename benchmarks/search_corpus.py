"""A search index of any size, made of questions that other people wrote, with our own pairs among them."""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from app.core.config import Settings
from app.core.db import SYSTEM, Database
from app.core.ids import new_id
from app.models import Agent, User
from app.repositories.exchanges import Vector, terms_text, vector_text
from app.services.engine.embeddings import Embeddings

EMBEDDED = 1500
"""Different questions that are embedded at the most; the rest repeats them with other figures and disturbed vectors."""
NOISE = 0.02
"""Deviation of each number of a repeated question's vector, whose numbers are about 0.05."""
BATCH = 1000
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
class Row:
    """One exchange to be stored."""

    id: UUID
    question: str
    vector: str
    terms: str


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
    """Fills an empty migrated database with `size` exchanges of one user, and builds the index over vectors last."""
    base = base_questions(data)[: min(EMBEDDED, size)]
    embeddings = Embeddings(settings)
    started = asyncio.get_running_loop().time()
    vectors = [await _vector(embeddings, question) for question in base]
    took = asyncio.get_running_loop().time() - started
    pairs = {new_id(): pair for pair in PAIRS}
    own = [_row(query_id, pair.asked, await _vector(embeddings, pair.asked)) for query_id, pair in pairs.items()]
    await embeddings.close()
    owner_id, agents = await _people(url)
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM})
    try:
        await connection.execute("DROP INDEX ix_exchanges_vector")
        for start in range(0, size, BATCH):
            rows = [_repeated(base, vectors, place) for place in range(start, min(start + BATCH, size))]
            await _store(connection, rows, owner_id=owner_id, agents=agents)
        await _store(connection, own, owner_id=owner_id, agents=agents)
        await connection.execute("SET maintenance_work_mem = '512MB'")
        await connection.execute(
            "CREATE INDEX ix_exchanges_vector ON exchanges USING hnsw (vector halfvec_cosine_ops)", timeout=3600
        )
        await connection.execute("VACUUM ANALYZE exchanges", timeout=600)
        await connection.execute("VACUUM ANALYZE queries", timeout=600)
    finally:
        await connection.close()
    return Corpus(owner_id, agents[0], pairs, len(base), took)


async def _vector(embeddings: Embeddings, text: str) -> Vector:
    (vector,) = await embeddings.of([text])
    assert vector is not None
    return vector


def _row(query_id: UUID, question: str, vector: Vector) -> Row:
    return Row(query_id, question, vector_text(vector.numbers), terms_text(vector.terms or {}))


def _repeated(base: Sequence[str], vectors: Sequence[Vector], place: int) -> Row:
    """A base question as it is the first time, then about another figure and with a disturbed vector."""
    question, vector = base[place % len(base)], vectors[place % len(base)]
    if place >= len(base):
        question = f"{question} ({CHANCE.randrange(10_000)})"
        numbers = [number + CHANCE.gauss(0, NOISE) for number in vector.numbers]
        vector = Vector(vector.model, numbers, vector.terms)
    return _row(new_id(), question, vector)


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


async def _store(
    connection: asyncpg.Connection, rows: Sequence[Row], *, owner_id: UUID, agents: Sequence[UUID]
) -> None:
    ids, model = [row.id for row in rows], Embeddings(Settings(_env_file=None)).model
    given = [agents[0] if CHANCE.random() < 0.001 else agents[1] for _ in rows]
    await connection.execute(
        """
        INSERT INTO queries (id, owner_id, agent_id, agent_version, question, answer, language, state, outcome,
                             truncated, tokens_in, tokens_out)
        SELECT id, $1, agent_id, 1, question, 'Soma de valor: 425,75.', 'pt-BR', 'succeeded', 'answered', false, 0, 0
          FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS given(id, agent_id, question)
        """,
        owner_id,
        ids,
        given,
        [row.question for row in rows],
    )
    await connection.execute(
        """
        INSERT INTO exchanges (query_id, owner_id, agent_id, source_ids, outcome, language, asked_at, words, spelling,
                               model, vector, terms)
        SELECT id, $1, agent_id, '{}', 'answered', 'pt-BR', now(),
               setweight(to_tsvector('agentgraph_pt', question), 'A')
               || setweight(to_tsvector('agentgraph_en', question), 'A'),
               lower(unaccent(question)), $2, CAST(vector AS halfvec), CAST(terms AS sparsevec)
          FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
               AS given(id, agent_id, question, vector, terms)
        """,
        owner_id,
        model,
        ids,
        given,
        [row.question for row in rows],
        [row.vector for row in rows],
        [row.terms for row in rows],
    )
