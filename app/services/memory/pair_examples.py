"""Which verified pairs a question may be shown: those of the same sources and of the schema that is there now."""

import hashlib

from app.agentgraph.examples import Example, choose
from app.connectors.catalog import Catalog
from app.repositories import feedback
from app.repositories.agents import AskedAgent
from app.services.platform import Platform

MOST_PAIRS = 500
"""Newest verified pairs of a source among which examples are chosen."""


def sources_digest(agent: AskedAgent) -> str:
    """What stands for the sources of an agent, whatever their order and versions."""
    ids = sorted(str(source.file_id) for source in agent.sources)
    ids += sorted(str(database.id) for database in agent.databases)
    return hashlib.sha256("|".join(ids).encode()).hexdigest()


def schema_digest(catalog: Catalog) -> str:
    """What stands for tables, columns and types; the data themselves do not count."""
    columns = [
        f"{table.name}.{column.name}:{column.type.value}" for table in catalog.tables for column in table.columns
    ]
    return hashlib.sha256("\n".join([catalog.dialect, *columns]).encode()).hexdigest()


async def examples_for(
    platform: Platform, agent: AskedAgent, catalog: Catalog, question: str, *, has_model: bool
) -> tuple[Example, ...]:
    """The examples for `question`; none without a model, which has no use for them."""
    if not has_model:
        return ()
    of_these = agent.owner_id, sources_digest(agent), schema_digest(catalog)
    async with platform.database.read() as session:
        found = await feedback.of_sources(session, *of_these, most=MOST_PAIRS)
    if any(pair.is_outdated for pair in found):
        async with platform.database.transaction() as session:
            await feedback.make_stale(session, *of_these)
    return choose(question, [Example(pair.question, pair.sql) for pair in found if not pair.is_outdated])
