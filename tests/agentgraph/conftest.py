"""Fixtures of the engine's tests: real sources, and the providers' protocol servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.agentgraph.context import ModelAccess
from app.connectors.sqlite_pool import SqlitePool
from tests.agentgraph.engine import Engine, access_to, open_engine
from tests.fakes import FakeProviders, Script, serve


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[SqlitePool]:
    """The child process in which the module's statements run."""
    pool = SqlitePool(children=1)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that keeps each source once it is loaded."""
    return tmp_path_factory.mktemp("sources")


@pytest.fixture
async def weather(loaded: Path, pool: SqlitePool) -> AsyncIterator[Engine]:
    """An engine over Seattle's weather: a day a row."""
    (loaded / "weather").mkdir(exist_ok=True)
    async with open_engine(loaded / "weather", "seattle-weather", pool=pool) as engine:
        yield engine


@pytest.fixture
async def states(loaded: Path, pool: SqlitePool) -> AsyncIterator[Engine]:
    """An engine over Brazil's states: a state a row."""
    (loaded / "states").mkdir(exist_ok=True)
    async with open_engine(loaded / "states", "estados", pool=pool) as engine:
        yield engine


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """The three providers on one loopback server, without a script."""
    async with serve(Script()) as running:
        yield running


@pytest.fixture
def access(providers: FakeProviders) -> ModelAccess:
    """Keys and URLs for the protocol servers."""
    return access_to(providers)
