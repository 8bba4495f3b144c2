"""Earlier questions that a new one closely resembles: offered with the answer, and a hint to the model. Owner only."""

from uuid import UUID

from app.agentgraph.examples import Example
from app.agentgraph.formats import fold
from app.agentgraph.outcome import Resembling
from app.core import clock
from app.repositories import exchanges
from app.repositories.agents import AskedAgent
from app.repositories.exchanges import Alike
from app.services.platform import Platform

MOST = 3
LEAST_LIKENESS = 0.6
"""Share of common trigrams: the same question in another order or with another figure has 0.6 and more."""


def versions_of(agent: AskedAgent) -> dict[str, str]:
    """The version of each source that a question to the agent reads now, by the source's id."""
    read = {str(source.file_id): str(source.version_id) for source in agent.sources}
    return read | {str(database.id): str(database.snapshot_id) for database in agent.databases}


async def resembling(platform: Platform, agent: AskedAgent, query_id: UUID, question: str) -> list[Alike]:
    """Up to three answered questions of the agent's owner like `question`, over the versions that it reads now.

    By their letters, not by a vector, which would take longer than all else that comes before a model is asked. What
    was indexed after the question was asked does not count: a repeated run finds the same, and pays no call again.
    """
    async with platform.database.read() as session:
        return await exchanges.alike(
            session,
            agent.owner_id,
            versions_of(agent),
            fold(question),
            before=query_id,
            least=LEAST_LIKENESS,
            most=MOST,
        )


def as_hints(found: list[Alike]) -> tuple[Example, ...]:
    """What a model is shown of them."""
    return tuple(Example(one.question, one.sql) for one in found)


def as_offers(found: list[Alike]) -> tuple[Resembling, ...]:
    """What the answer offers: each by its id, with its age."""
    now = clock.now()
    return tuple(
        Resembling(
            query_id=str(one.query_id),
            question=one.question,
            asked_at=one.asked_at.isoformat(),
            age_s=round((now - one.asked_at).total_seconds(), 3),
            likeness=round(one.likeness, 3),
        )
        for one in found
    )
