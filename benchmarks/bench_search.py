"""What search costs: time of a search by size of the index, size of the index, speed of embedding."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from app.core import migrations
from app.core.config import Settings
from app.core.db import Database
from app.embedded.services import EmbeddedServices
from app.models import ExchangeFilter
from app.repositories import search
from app.services.engine.embeddings import Embeddings
from app.services.indexing import BATCH
from app.services.search import wanted_by
from benchmarks.figures import percentile, report
from benchmarks.search_corpus import Corpus, different_questions, fill
from benchmarks.search_pairs import PAIRS

EMBEDDED = 320
"""Texts by which the speed of embedding is measured."""
ROUNDS = 5
PAGE = 21
"""Hits of a page of twenty, with the one that tells of a next page."""


async def measure(url: str, data: Path, size: int, settings: Settings) -> None:
    """Prints the figures of one size."""
    corpus = await fill(url, data, size, settings)
    database, embeddings = Database(url, pool_size=1), Embeddings(settings)
    try:
        await _searches(database, embeddings, corpus, size)
        await _sizes(database, size)
    finally:
        await embeddings.close()
        await database.close()


async def embed(data: Path, settings: Settings) -> None:
    """Prints how many texts a second the model embeds, in the batches of `agentgraph index`."""
    embeddings = Embeddings(settings)
    try:
        await embeddings.of(["the model is loaded with the first text"])
        texts = different_questions(data)[:EMBEDDED]
        started = time.perf_counter()
        for start in range(0, len(texts), BATCH):
            await embeddings.of(texts[start : start + BATCH])
        report("embedding", len(texts) / (time.perf_counter() - started), "texts/s", threads=2, texts=len(texts))
    finally:
        await embeddings.close()


async def _searches(database: Database, embeddings: Embeddings, corpus: Corpus, size: int) -> None:
    """The first search for some words embeds them; those after it find the vector kept."""
    filters = {"all": ExchangeFilter(), "filtered": ExchangeFilter(agent_id=corpus.rare_agent_id)}
    for name, only in filters.items():
        first: list[float] = []
        again: list[float] = []
        for turn in range(ROUNDS):
            for pair in PAIRS:
                started = time.perf_counter()
                wanted = await wanted_by(embeddings, f"{pair.sought} {name}")
                async with database.transaction() as session:
                    await search.find(session, corpus.owner_id, wanted, only, most=PAGE)
                (first if turn == 0 else again).append((time.perf_counter() - started) * 1000)
        for kind, times in (("first", first), ("again", again)):
            for percent in (50, 95):
                target = "<= 60 at 100,000" if percent == 95 else None
                figure = f"search_{kind}_p{percent}"
                taken, vectors = percentile(times, percent), corpus.vectors
                report(figure, taken, "ms", target=target, messages=size, exchanges=name, vectors=vectors)


async def _sizes(database: Database, size: int) -> None:
    names = ("ix_exchanges_vector", "ix_exchanges_words", "ix_exchanges_spelling", "exchanges")
    async with database.read() as session:
        for name in names:
            taken = await session.scalar(text(f"SELECT pg_total_relation_size('{name}')"))
            report(f"size_of_{name}", (taken or 0) / 1024**2, "MiB", messages=size)


def main() -> None:
    """Runs on embedded services of its own, a new database a size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("sizes", type=int, nargs="+")
    arguments = parser.parse_args()
    asyncio.run(embed(arguments.data, Settings(_env_file=None)))
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder, EmbeddedServices(Path(folder)) as urls:
            migrations.upgrade(urls.database_url)
            asyncio.run(measure(urls.database_url, arguments.data, size, Settings(_env_file=None)))


if __name__ == "__main__":
    main()
