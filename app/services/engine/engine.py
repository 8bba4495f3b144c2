"""What one process needs beyond its platform to answer questions: open sources, held jobs, stored files."""

import asyncio
from dataclasses import dataclass

from app.agentgraph.llm import close_clients, warm_up
from app.agentgraph.runner import load_graph
from app.connectors.registry import Registry
from app.core.stopping import DRAIN_S
from app.core.storage import FileStore
from app.services.engine.admission import Admission
from app.services.engine.database_access import DatabaseAccess
from app.services.engine.database_sources import DatabaseSources
from app.services.engine.embeddings import Embeddings
from app.services.engine.model_access import model_access
from app.services.engine.pictures import Pictures
from app.services.engine.sources import SourceCache
from app.services.engine.turns import Turns
from app.services.jobs.jobs import HeldJobs
from app.services.monitoring.measuring import Measuring
from app.services.platform import Platform


@dataclass(frozen=True, slots=True)
class Engine:
    """Opened once a process, after its platform and in the same event loop, and closed before it."""

    platform: Platform
    store: FileStore
    registry: Registry
    sources: SourceCache
    databases: DatabaseSources
    jobs: HeldJobs
    turns: Turns
    admission: Admission
    pictures: Pictures
    embeddings: Embeddings
    measuring: Measuring

    async def close(self, *, grace_s: float = DRAIN_S) -> None:
        """Ends or hands back what runs, then closes the sources and the connections to models."""
        await self.turns.close()
        await self.jobs.close(grace_s=grace_s)
        await close_clients()
        await self.pictures.close()
        await self.embeddings.close()
        await self.sources.close()
        await self.databases.close()
        await self.registry.close()
        await self.measuring.close()


async def open_engine(platform: Platform, *, asks: bool = True) -> Engine:
    """The engine of this process; with `asks` the first question waits for no child, import or client any more."""
    settings = platform.settings
    store = platform.store
    registry = Registry(settings)
    held = HeldJobs(platform.database, platform.publisher, settings)
    held.start()
    turns = Turns(settings)
    turns.delay.start()
    measuring = Measuring(platform)
    measuring.start()
    if asks:
        await asyncio.to_thread(load_graph)
        await registry.start()
        await warm_up(model_access(settings))
    return Engine(
        platform=platform,
        store=store,
        registry=registry,
        sources=SourceCache(platform.database, store, registry),
        databases=DatabaseSources(platform.database, DatabaseAccess(registry, settings), held),
        jobs=held,
        turns=turns,
        admission=Admission(settings, platform.database),
        pictures=Pictures(platform.valkey, settings),
        embeddings=Embeddings(settings),
        measuring=measuring,
    )
