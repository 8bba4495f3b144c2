"""What an agent reads, opened for one question: each source under its own rules, and several of them as one."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from app.agentgraph.context import Part
from app.agentgraph.outcome import Outcome
from app.core.errors import NotReady, SourceMissing
from app.models import FileState, SurveyState
from app.repositories.agents import AskedAgent, AskedDatabase, SourceVersion
from app.services.engine.engine import Engine
from app.services.engine.open_sources import OpenSource
from app.services.queries.across import across
from app.services.restrict import by_table, restrict


def require_ready(agent: AskedAgent) -> None:
    """Raises SourceMissing or NotReady unless all of the agent's sources can be asked."""
    if not agent.sources and not agent.databases:
        raise SourceMissing
    for database in agent.databases:
        if database.state is not SurveyState.READY:
            raise NotReady(state=database.state.value)
    for source in agent.sources:
        if source.state is not FileState.READY:
            raise NotReady(state=source.state.value)


@asynccontextmanager
async def opened(engine: Engine, agent: AskedAgent) -> AsyncIterator[OpenSource]:
    """What the agent's owner may see of what the agent reads, kept open as long as it is used.

    Of several sources each is a part. Files alone are one database together; where a database is among them, the whole
    fetches from its parts. Raises NotReady, and RefusedByPolicy when the rules of a shared source cannot hold.
    """
    async with AsyncExitStack() as stack:
        files = [await stack.enter_async_context(_files(engine, agent, (file,))) for file in agent.sources]
        databases = [await stack.enter_async_context(_database(engine, agent, one)) for one in agent.databases]
        sources = [*files, *databases]
        if len(sources) == 1:
            yield sources[0]
            return
        parts = _parts(_names(agent), sources)
        if databases:
            yield across(engine.registry, parts, max_rows=engine.platform.settings.join_max_rows)
            return
        whole = await stack.enter_async_context(_files(engine, agent, agent.sources))
        origins = {name: part.name for part, names in zip(parts, whole.names, strict=True) for name in names.values()}
        yield replace(whole, parts=parts, origins=origins)


def read_from(source: OpenSource, outcome: Outcome) -> tuple[str, ...]:
    """The sources that an answer rests on: of those that the question was put to, the ones that its statement reads."""
    read = {source.origins[table] for table in outcome.tables if table in source.origins}
    asked = outcome.read_from
    return tuple(name for name in asked if name in read) or asked if len(asked) > 1 else asked


@asynccontextmanager
async def _files(engine: Engine, agent: AskedAgent, files: tuple[SourceVersion, ...]) -> AsyncIterator[OpenSource]:
    restriction = agent.restriction
    async with engine.sources.use(files) as source:
        ruled = [restriction.of(file.file_id) for file in files]
        yield restrict(source, by_table(list(zip(ruled, source.names, strict=True))), restriction)


@asynccontextmanager
async def _database(engine: Engine, agent: AskedAgent, database: AskedDatabase) -> AsyncIterator[OpenSource]:
    restriction = agent.restriction
    async with engine.databases.use(database) as source:
        yield restrict(source, by_table([(restriction.of(database.id), {})]), restriction)


def _names(agent: AskedAgent) -> list[str]:
    """How people call the sources; one whose name another has too is numbered, so that they can be told apart."""
    names = [*(source.file_name for source in agent.sources), *(database.name for database in agent.databases)]
    seen = Counter[str]()
    told = []
    for name in names:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told


def _parts(names: list[str], sources: list[OpenSource]) -> tuple[Part, ...]:
    return tuple(
        Part(name, source.connector, source.catalog, source.values, source.policy)
        for name, source in zip(names, sources, strict=True)
    )
