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
from benchmarks.figures import report
from benchmarks.kept_vectors import kept_vectors
from benchmarks.search_pairs import PAIRS, Pair

TAILS = {
    "pt": (
        "em 2021",
        "em 2022",
        "neste ano",
        "por mês",
        "por trimestre",
        "só no Sul",
        "sem contar o Norte",
        "em porcentagem",
        "no último mês",
        "em um gráfico de barras",
        "do maior para o menor",
        "em comparação com o ano anterior",
    ),
    "en": (
        "in 2021",
        "in 2022",
        "this year",
        "by month",
        "by quarter",
        "only in the south",
        "leaving out the north",
        "as a percentage",
        "last month",
        "as a bar chart",
        "from the largest to the smallest",
        "compared with the year before",
    ),
}
"""What people add when they ask the same again; each makes another question, with a vector of its own."""
REAL_UP_TO = 100_000
"""Messages up to which every vector is the model's: different questions are then asked again word for word. Beyond,
they are asked about other figures, with disturbed vectors: a hundred thousand of the model's take two hours of CPU."""
REAL = "all made by the model"
SYNTHETIC = "synthetic: those of the model disturbed"
NOISE = 0.0116
"""Deviation of each number of a repeated question's vector: what another figure in its text makes of it, measured over
twelve questions (cosine 0.97; between different questions 0.77)."""
BATCH = 10_000
"""Rows that are made and copied at a time."""
RARE_EACH = 1000
"""One exchange in so many belongs to the rare agent."""
BUILD_S = 7200
"""Longest time of one statement, for a million exchanges on a busy machine."""
MEMORY = "2GB"
"""For building indexes: the graph of a million vectors takes 1.3 GB."""
CHANCE = random.Random(3)


@dataclass(frozen=True, slots=True)
class Base:
    """The different questions of an index, each embedded once."""

    questions: Sequence[str]
    vectors: Sequence[Vector]
    repeated: int
    """How many from the first on are asked again and again; those after them are told once."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A filled index."""

    owner_id: UUID
    rare_agent_id: UUID
    """An agent with a thousandth of the exchanges."""
    pairs: dict[UUID, Pair]
    vectors: str
    """Where they come from, as it is printed with every figure."""


def different_questions(data: Path) -> list[str]:
    """The questions of the data folder, and behind them each with every tail of its language, in a fixed order."""
    found: dict[str, str] = {}
    for path in sorted((data / "nlsql").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            found[str(row["question"]).strip()] = "pt" if row["lang"] == "pt" else "en"
    longer = [f"{question.rstrip('?. ')} {tail}?" for question, lang in found.items() for tail in TAILS[lang]]
    questions = list(found)
    chance = random.Random(3)
    chance.shuffle(questions)
    chance.shuffle(longer)
    return list(dict.fromkeys([*questions, *longer]))


async def fill(url: str, data: Path, size: int, settings: Settings) -> Corpus:
    """Fills an empty migrated database with `size` exchanges of one user and our own, and builds the indexes last."""
    questions = different_questions(data)[:size]
    embeddings = Embeddings(settings)
    try:
        vectors = await kept_vectors(embeddings, [*questions, *(pair.asked for pair in PAIRS)])
    finally:
        await embeddings.close()
    base = Base([*questions, *(pair.asked for pair in PAIRS)], vectors, len(questions))
    own = {new_id(): pair for pair in PAIRS}
    owner_id, agents = await _people(url)
    connection = await asyncpg.connect(url, server_settings={"agentgraph.actor": SYSTEM})
    try:
        indexes = await _drop_indexes(connection)
        await _stage(connection, base, size, list(own))
        await _insert(connection, owner_id, agents)
        await _build(connection, indexes)
    finally:
        await connection.close()
    return Corpus(owner_id, agents[0], own, vectors=SYNTHETIC if size > REAL_UP_TO else REAL)


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


async def _build(connection: asyncpg.Connection, indexes: Sequence[str]) -> None:
    """Builds the indexes, which takes most of the time of a million exchanges: says how long each took."""
    clock = asyncio.get_running_loop().time
    await connection.execute(f"SET maintenance_work_mem = '{MEMORY}'; SET max_parallel_maintenance_workers = 2")
    for index in indexes:
        started = clock()
        await connection.execute(index, timeout=BUILD_S)
        name = index.partition(" ON ")[0].rpartition(" ")[2]
        report(f"build_of_{name}", clock() - started, "s")
    for table in ("exchanges", "queries"):
        await connection.execute(f"VACUUM ANALYZE {table}", timeout=BUILD_S)


async def _stage(connection: asyncpg.Connection, base: Base, size: int, own: Sequence[UUID]) -> None:
    """Copies base questions and rows into temporary tables; what is behind the repeated ones is told once, as `own`."""
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
    for rows in _batches(numbers, base.repeated, size):
        await connection.copy_records_to_table("given", records=rows, timeout=BUILD_S)
    once = [
        (query_id, place, None, False, _packed(numbers[place])) for place, query_id in enumerate(own, base.repeated)
    ]
    await connection.copy_records_to_table("given", records=once, timeout=BUILD_S)


def _batches(numbers: "np.ndarray[Any, Any]", repeated: int, size: int) -> Iterator[list[tuple[object, ...]]]:
    """Each base question as it is; beyond REAL_UP_TO from its second time on about another figure, as disturbed."""
    noise = np.random.default_rng(3)
    for start in range(0, size, BATCH):
        places = np.arange(start, min(start + BATCH, size))
        vectors = numbers[places % repeated]
        again = (places >= repeated) & (size > REAL_UP_TO)
        vectors[again] += noise.normal(0, NOISE, (int(again.sum()), numbers.shape[1]))
        yield [
            (
                new_id(),
                int(place % repeated),
                CHANCE.randrange(10_000) if is_again else None,
                int(place) % RARE_EACH == 0,
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
