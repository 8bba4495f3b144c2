"""Finding exchanges by meaning, words and spelling at once. Whose they are is a condition of every part."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ExchangeFilter
from app.repositories.exchanges import Vector, terms_text, vector_text

DEPTH: Final = 100
"""Exchanges that each part ranks at the most."""
CANDIDATES: Final = 400
"""Neighbours that the index over vectors keeps in sight. People ask nearly the same again, with another figure: with no
more than are wanted a search stays within one such heap. Among 20,000 vectors in 300 heaps it found 64 % of the ten
nearest, and 99.5 % with these and the index's `ef_construction` of 200."""
FUSION: Final = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): 1 / (60 + place)."""
WEIGHTS: Final = {"meaning": 1.0, "words": 0.5, "spelling": 0.25}
"""How much a place counts in each part; chosen by `make score-search`."""
MARKS: Final = ("\ue000", "\ue001")
"""Around words that were looked for, in snippets: of the private use area, so that no text has them."""
COVERED: Final = 0.5
"""Least share of the words that an exchange must have: a single one in common leads away from what was meant."""
TOGETHER: Final = 6
"""Words of which combinations are looked up: half of six are chosen in twenty ways, half of twelve in 924."""
COMMON: Final = 0.1
"""A word that more than this share of all exchanges has tells nothing, unless nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    words: Sequence[str]
    spelling: str
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One exchange that was found, with its place and score in each part that found it."""

    query_id: UUID
    session_id: UUID | None
    message_number: int | None
    agent_id: UUID | None
    question: str
    answer: str | None
    sql: str | None
    outcome: str | None
    language: str | None
    asked_at: datetime
    score: float
    meaning_place: int | None
    meaning_score: float | None
    words_place: int | None
    words_score: float | None
    spelling_place: int | None
    spelling_score: float | None
    marked_question: str
    marked_answer: str


# Planned anew every time: whether an index over vectors, words or owners is the quickest depends on the values. The one
# over vectors goes on until enough of the neighbours pass the filter.
_TUNE = text(
    """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
           set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', :candidates, true),
           set_config('pg_trgm.word_similarity_threshold', '0.5', true)
    """
)
# Stop words of one language are words of the other: what either leaves out is left out, and so is what is everywhere.
_STEMS = text(
    """
    WITH common AS (
        SELECT lexeme FROM pg_stats, unnest(CAST(CAST(most_common_elems AS text) AS text[]),
                                            most_common_elem_freqs) AS seen(lexeme, frequency)
         WHERE schemaname = current_schema AND tablename = 'exchanges' AND attname = 'words' AND frequency > :common
    ), stems AS (
        SELECT place, CAST(plainto_tsquery('agentgraph_pt', word) AS text) AS pt,
               CAST(plainto_tsquery('agentgraph_en', word) AS text) AS en
          FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS given(word, place)
    ), wanted AS (
        SELECT place, CASE WHEN pt = en THEN pt ELSE pt || ' | ' || en END AS either,
               EXISTS (SELECT FROM common WHERE lexeme IN (btrim(pt, ''''), btrim(en, ''''))) AS is_common
          FROM stems WHERE pt <> '' AND en <> ''
    )
    SELECT either FROM wanted WHERE NOT is_common OR NOT EXISTS (SELECT FROM wanted WHERE NOT is_common) ORDER BY place
    """
)
# Asked once: the view, planned into every part, would take longer than the search.
_RECEIVED = text("SELECT CAST(key AS text) FROM received_sources WHERE reader_id = :owner_id")
_MINE: Final = """
    WITH mine AS NOT MATERIALIZED (
        SELECT * FROM exchanges
         WHERE owner_id = :owner_id
           AND (borrowed IS NULL OR borrowed <@ CAST(:received AS text[]))
           AND (CAST(:since AS timestamptz) IS NULL OR asked_at >= :since)
           AND (CAST(:until AS timestamptz) IS NULL OR asked_at < :until)
           AND (CAST(:agent_id AS uuid) IS NULL OR agent_id = :agent_id)
           AND (CAST(:source_id AS uuid) IS NULL OR source_ids @> ARRAY[CAST(:source_id AS uuid)])
           AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
           AND (CAST(:session_id AS uuid) IS NULL OR session_id = :session_id)
           AND (CAST(:not_session_id AS uuid) IS NULL OR session_id IS DISTINCT FROM :not_session_id)
           AND (CAST(:not_query_id AS uuid) IS NULL OR query_id <> :not_query_id)
    )
"""
"""What somebody may find at all, with the filters; planned into each part that reads it."""
# The words of a row are counted only where their index tells that it may have enough of them: of a hundred thousand
# exchanges thousands have one of them, and few have half.
# Letters are looked at where no words are found: to go through the trigrams of a whole question takes the most time of
# all, and who spells a word right is found by it. Whatever is found is joined with the queries, whose policy hides what
# is somebody else's or rests on what reaches its owner no more.
_SEARCH = text(
    _MINE  # noqa: S608  (constants of this module)
    + """
    , nearest AS MATERIALIZED (
        SELECT query_id, terms, vector <=> CAST(CAST(:vector AS text) AS halfvec) AS distance
          FROM mine WHERE model = CAST(:model AS text)
         ORDER BY vector <=> CAST(CAST(:vector AS text) AS halfvec) LIMIT :depth
    ), meaning AS (
        SELECT query_id, score, row_number() OVER (ORDER BY score DESC, query_id DESC) AS place
          FROM (SELECT query_id, CASE WHEN terms IS NULL OR CAST(:terms AS text) IS NULL THEN 1 - distance
                                      ELSE 0.8 * (1 - distance)
                                           - 0.2 * (terms <#> CAST(CAST(:terms AS text) AS sparsevec)) END AS score
                  FROM nearest) AS scored
    ), ranked AS MATERIALIZED (
        SELECT query_id, share + ts_rank(words, CAST(CAST(:tsquery AS text) AS tsquery)) AS score
          FROM mine, LATERAL (
               SELECT avg(CASE WHEN words @@ word THEN 1.0 ELSE 0.0 END) AS share
                 FROM unnest(CAST(CAST(:stems AS text[]) AS tsquery[])) AS word
               ) AS covered
         WHERE words @@ CAST(CAST(:enough AS text) AS tsquery) AND share >= :covered
         ORDER BY score DESC, query_id DESC LIMIT :depth
    ), words AS (
        SELECT query_id, score, row_number() OVER (ORDER BY score DESC, query_id DESC) AS place FROM ranked
    ), alike AS MATERIALIZED (
        SELECT query_id, word_similarity(CAST(:spelling AS text), spelling) AS score
          FROM mine WHERE CAST(:spelling AS text) <% spelling AND NOT EXISTS (SELECT FROM ranked)
         ORDER BY score DESC, query_id DESC LIMIT :depth
    ), spelling AS (
        SELECT query_id, score, row_number() OVER (ORDER BY score DESC, query_id DESC) AS place FROM alike
    ), fused AS (
        SELECT query_id, m.place AS meaning_place, m.score AS meaning_score, w.place AS words_place,
               w.score AS words_score, s.place AS spelling_place, s.score AS spelling_score,
               coalesce(CAST(:meaning_weight AS float8) / (:fusion + m.place), 0)
               + coalesce(CAST(:words_weight AS float8) / (:fusion + w.place), 0)
               + coalesce(CAST(:spelling_weight AS float8) / (:fusion + s.place), 0) AS score
          FROM meaning m FULL JOIN words w USING (query_id) FULL JOIN spelling s USING (query_id)
    ), best AS MATERIALIZED (
        SELECT * FROM fused ORDER BY score DESC, query_id DESC LIMIT :most OFFSET :skip
    )
    SELECT b.*, q.session_id, q.message_number, q.agent_id, q.question, q.answer, q.sql,
           coalesce(q.outcome, q.state) AS outcome, q.language, q.created_at AS asked_at,
           ts_headline(CAST(c.config AS regconfig), q.question, t.wanted, c.marks || ', HighlightAll=true')
               AS marked_question,
           ts_headline(CAST(c.config AS regconfig), left(coalesce(q.answer, q.error->>'detail', ''), 4000), t.wanted,
                       c.marks || ', MaxFragments=2, MaxWords=30, MinWords=8') AS marked_answer
      FROM best b
      JOIN queries q ON q.id = b.query_id,
           LATERAL (SELECT CASE WHEN q.language = 'en' THEN 'agentgraph_en' ELSE 'agentgraph_pt' END AS config,
                           CAST(:marks AS text) AS marks) AS c,
           (SELECT CAST(CAST(:tsquery AS text) AS tsquery) AS wanted) AS t
     WHERE q.owner_id = :owner_id
     ORDER BY b.score DESC, b.query_id DESC
    """
)


_NEAREST = text(
    _MINE  # noqa: S608  (constants of this module)
    + """
    SELECT query_id, 1 - (vector <=> CAST(CAST(:vector AS text) AS halfvec)) AS likeness
      FROM mine WHERE model = CAST(:model AS text)
     ORDER BY vector <=> CAST(CAST(:vector AS text) AS halfvec) LIMIT :most
    """
)


async def find(
    session: AsyncSession, owner_id: UUID, wanted: Wanted, only: ExchangeFilter, *, most: int, skip: int = 0
) -> list[Hit]:
    """Up to `most` exchanges of `owner_id` from place `skip` of one ranking, the best first."""
    await session.execute(_TUNE, {"candidates": str(CANDIDATES)})
    received = await _received(session, owner_id)
    stems = list(await session.scalars(_STEMS, {"words": list(wanted.words), "common": COMMON}))
    vector = wanted.vector
    parameters: dict[str, Any] = {
        **asdict(only),
        **{f"{part}_weight": weight for part, weight in WEIGHTS.items()},
        "owner_id": owner_id,
        "received": received,
        "model": None if vector is None else vector.model,
        "vector": None if vector is None else vector_text(vector.numbers),
        "terms": None if vector is None or vector.terms is None else terms_text(vector.terms),
        "stems": stems,
        "tsquery": " | ".join(stems),
        "enough": with_enough(stems),
        "covered": COVERED,
        "spelling": wanted.spelling,
        "fusion": FUSION,
        "depth": DEPTH,
        "most": most,
        "skip": skip,
        "marks": f"StartSel={MARKS[0]}, StopSel={MARKS[1]}",
    }
    return [Hit(**row._mapping) for row in await session.execute(_SEARCH, parameters)]


def with_enough(stems: Sequence[str]) -> str:
    """A `tsquery` that finds every text with at least COVERED of `stems`, and of those with fewer only some.

    Of more than TOGETHER stems it asks in groups of about the same size: who has half of all has half of one group.
    """
    count = math.ceil(len(stems) / TOGETHER)
    groups = [stems[start::count] for start in range(count)]
    some = [one for group in groups for one in combinations(group, math.ceil(len(group) * COVERED))]
    return " | ".join(" & ".join(f"({stem})" for stem in one) for one in some)


async def nearest(
    session: AsyncSession, owner_id: UUID, vector: Vector, only: ExchangeFilter, *, most: int
) -> list[tuple[UUID, float]]:
    """Up to `most` exchanges of `owner_id` by meaning alone, each with its cosine to `vector`."""
    await session.execute(_TUNE, {"candidates": str(CANDIDATES)})
    whose = {"owner_id": owner_id, "received": await _received(session, owner_id)}
    numbers = {"model": vector.model, "vector": vector_text(vector.numbers)}
    rows = await session.execute(_NEAREST, {**asdict(only), **whose, **numbers, "most": most})
    return [(row.query_id, row.likeness) for row in rows]


async def _received(session: AsyncSession, owner_id: UUID) -> list[str]:
    """Keys of what others share with `owner_id` now."""
    return list(await session.scalars(_RECEIVED, {"owner_id": owner_id}))
