"""Pictures are drawn by a child that is killed at the deadline, and kept for their owner alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from app.core import redis
from app.core.config import Settings
from app.core.errors import TimedOut
from app.core.errors.results import PictureFailed
from app.core.i18n import Language
from app.core.ids import new_id
from app.services.engine.pictures import Pictures
from tests.agentgraph.charts.test_spec import REGIONS, drawn

pytestmark = pytest.mark.anyio

ENDLESS: dict[str, Any] = {
    "data": {"values": [{"n": 1}]},
    "transform": [{"calculate": f"test(regexp('^(a+)+$'), '{'a' * 60}!')", "as": "n"}],
    "mark": "point",
    "encoding": {"x": {"field": "n"}},
}
"""A specification with an expression that backtracks for years and takes no memory."""


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Redis]:
    client = redis.connect(valkey_url)
    yield client
    await client.aclose()


async def test_picture_that_takes_too_long_is_ended_and_the_next_one_drawn(settings: Settings, valkey: Redis) -> None:
    pictures = Pictures(valkey, settings.model_copy(update={"picture_timeout_s": 4.0}))
    owner = new_id()
    try:
        with pytest.raises(TimedOut):
            await pictures.draw(owner, ENDLESS, "png", Language.EN)
        svg = await pictures.draw(owner, drawn(REGIONS).spec, "svg", Language.EN)
    finally:
        await pictures.close()
    assert svg.startswith(b"<svg")


async def test_specification_that_cannot_be_read_is_an_error_and_not_a_picture(
    settings: Settings, valkey: Redis
) -> None:
    pictures = Pictures(valkey, settings)
    try:
        with pytest.raises(PictureFailed):
            await pictures.draw(new_id(), {"mark": "nonsense"}, "png", Language.EN)
    finally:
        await pictures.close()


async def test_kept_picture_belongs_to_its_owner(settings: Settings, valkey: Redis) -> None:
    pictures = Pictures(valkey, settings)
    ana, bob, spec = new_id(), new_id(), drawn(REGIONS).spec
    await pictures.draw(ana, spec, "svg", Language.EN)
    await pictures.close()
    assert (await pictures.draw(ana, spec, "svg", Language.EN)).startswith(b"<svg")
    with pytest.raises(PictureFailed):
        await pictures.draw(bob, spec, "svg", Language.EN)


async def test_specification_reads_nothing_from_the_network(settings: Settings, valkey: Redis) -> None:
    pictures = Pictures(valkey, settings)
    spec = {"data": {"url": "http://127.0.0.1:9/rows.json"}, "mark": "bar"}
    try:
        with pytest.raises(PictureFailed):
            await pictures.draw(new_id(), spec, "svg", Language.EN)
    finally:
        await pictures.close()
