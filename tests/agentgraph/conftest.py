"""Fixtures of the engine's tests: real sources, and the providers' protocol servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.agentgraph.context import ModelAccess
from tests.agentgraph.engine import Engine, open_engine
from tests.fakes import FakeProviders, Script, serve


@pytest.fixture
async def weather(tmp_path: Path) -> AsyncIterator[Engine]:
    """An engine over Seattle's weather: a day a row."""
    async with open_engine(tmp_path, "seattle-weather") as engine:
        yield engine


@pytest.fixture
async def states(tmp_path: Path) -> AsyncIterator[Engine]:
    """An engine over Brazil's states: a state a row."""
    async with open_engine(tmp_path, "estados") as engine:
        yield engine


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """The three providers on one loopback server, without a script."""
    async with serve(Script()) as running:
        yield running


@pytest.fixture
def access(providers: FakeProviders) -> ModelAccess:
    """Keys and URLs for the protocol servers."""
    return ModelAccess(
        openai_api_key="key-of-tests",
        openai_base_url=providers.urls["openai"],
        anthropic_api_key="key-of-tests",
        anthropic_base_url=providers.urls["anthropic"],
        huggingface_api_key="key-of-tests",
        huggingface_endpoint_url=providers.urls["huggingface"],
        timeout_s=20.0,
        retries=2,
    )
