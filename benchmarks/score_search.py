"""How well search finds: forty pairs of our own among many exchanges, and the index against a scan of everything."""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from app.core import migrations
from app.core.config import Settings
from app.core.db import Database
from app.embedded.services import EmbeddedServices
from app.models import ExchangeFilter
from app.repositories import search
from app.repositories.exchanges import Vector
from app.repositories.search import FUSION, WEIGHTS, Hit
from app.services.engine.embeddings import Embeddings
from app.services.search import wanted_by
from benchmarks.figures import report
from benchmarks.search_corpus import Corpus, fill
from benchmarks.search_pairs import Pair

ALL = 300
"""More than all parts together rank."""
PROBES = 40
EXACT = ("indexscan", "bitmapscan", "indexonlyscan")
PLANS: dict[str, Sequence[str]] = {"search": (), "graph": ("bitmapscan", "seqscan", "sort")}
"""What PostgreSQL may not do: nothing, or all but to follow the graph until enough have passed the filter."""
AS_NEAR = 1e-6
"""Two cosines that differ by less are the same."""
PATIENT = text("SET LOCAL statement_timeout = '120s'")
"""What is scored here does not hang on how busy the machine is."""


def fused(weights: dict[str, float]) -> Callable[[Hit], float]:
    """The score of a hit when its parts count as much as `weights` say."""

    def score(hit: Hit) -> float:
        places = {"meaning": hit.meaning_place, "words": hit.words_place, "spelling": hit.spelling_place}
        return sum(weights.get(part, 0.0) / (FUSION + place) for part, place in places.items() if place is not None)

    return score


MEASURED = {
    "hybrid": WEIGHTS,
    "vector_alone": {"meaning": 1.0},
    "text_alone": {"words": WEIGHTS["words"], "spelling": WEIGHTS["spelling"]},
    "words_alone": {"words": 1.0},
}


async def measure(url: str, data: Path, size: int, settings: Settings) -> None:
    """Prints the figures."""
    corpus = await fill(url, data, size, settings)
    database, embeddings = Database(url, pool_size=1), Embeddings(settings)
    try:
        await _pairs(database, embeddings, corpus, size)
        await _recall(database, embeddings, corpus, size)
    finally:
        await embeddings.close()
        await database.close()


async def _pairs(database: Database, embeddings: Embeddings, corpus: Corpus, size: int) -> None:
    found: list[tuple[UUID, Pair, list[Hit]]] = []
    for query_id, pair in corpus.pairs.items():
        wanted = await wanted_by(embeddings, pair.sought)
        async with database.transaction() as session:
            await session.execute(PATIENT)
            hits = await search.find(session, corpus.owner_id, wanted, ExchangeFilter(), most=ALL)
        found.append((query_id, pair, hits))
    for name, weights in MEASURED.items():
        score = fused(weights)
        places = {}
        for query_id, pair, hits in found:
            ranked = sorted((hit for hit in hits if score(hit) > 0), key=score, reverse=True)
            places[query_id] = next((n for n, hit in enumerate(ranked, 1) if hit.query_id == query_id), None), pair
        for label, kept in (("all", None), ("within", False), ("across", True)):
            those = [place for place, pair in places.values() if kept is None or pair.across is kept]
            for depth in (1, 10):
                share = sum(place is not None and place <= depth for place in those) / len(those)
                figure, counted = f"{name}_recall_at_{depth}", len(those)
                report(figure, share, "share", pairs=counted, kind=label, messages=size, vectors=corpus.vectors)
    for query_id, pair, hits in found:
        if query_id not in [hit.query_id for hit in hits[:10]]:
            print(f"not among ten: {pair.sought!r} for {pair.asked!r}; first: {hits[0].question if hits else None!r}")


async def _recall(database: Database, embeddings: Embeddings, corpus: Corpus, size: int) -> None:
    """Of the ten nearest, how many search gives as PostgreSQL plans it, and how many the graph gives by itself.

    With and without a filter that leaves a thousandth. What is as near as the tenth counts: questions are asked twice.
    """
    for name, only in (("all", ExchangeFilter()), ("filtered", ExchangeFilter(agent_id=corpus.rare_agent_id))):
        hits = dict.fromkeys(PLANS, 0)
        wanted = 0
        for pair in list(corpus.pairs.values())[:PROBES]:
            vector = (await wanted_by(embeddings, pair.sought)).vector
            assert vector is not None
            exact = await _nearest(database, corpus, vector, only, EXACT)
            least = min(exact) - AS_NEAR
            for plan, off in PLANS.items():
                found = await _nearest(database, corpus, vector, only, off)
                hits[plan] += sum(likeness >= least for likeness in found)
            wanted += len(exact)
        for plan in PLANS:
            figure = f"{plan}_recall_at_10_{name}"
            report(figure, hits[plan] / wanted, "share", target=">= 0.95", messages=size, vectors=corpus.vectors)


async def _nearest(
    database: Database, corpus: Corpus, vector: Vector, only: ExchangeFilter, off: Sequence[str]
) -> list[float]:
    """How near the ten nearest are, the nearest first, planned without what is `off`."""
    async with database.transaction() as session:
        await session.execute(PATIENT)
        for kind in off:
            await session.execute(text(f"SET LOCAL enable_{kind} = off"))
        return [likeness for _, likeness in await search.nearest(session, corpus.owner_id, vector, only, most=10)]


def main() -> None:
    """Runs on embedded services of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("size", type=int, nargs="?", default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedServices(Path(folder)) as urls:
        migrations.upgrade(urls.database_url)
        asyncio.run(measure(urls.database_url, arguments.data, arguments.size, Settings(_env_file=None)))


if __name__ == "__main__":
    main()
