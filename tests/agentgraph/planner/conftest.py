"""Small files, read by the real ingestion, that the planner's tests ask."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.services.batch.sources import BatchSources
from tests.agentgraph.planner.asking import FILES, Asked


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Asked]]:
    """Opens files of `FILES` by name, each set once."""
    root: Path = tmp_path_factory.mktemp("planner")
    for name, text in FILES.items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    with BatchSources(root) as batch:
        yield lambda *names: Asked(batch.of({"files": [f"{name}.csv" for name in names]}))


@pytest.fixture
def sales(sources: Callable[..., Asked]) -> Asked:
    """Sales with Portuguese names: a sale a row."""
    return sources("vendas")


@pytest.fixture
def company(sources: Callable[..., Asked]) -> Asked:
    """Employees and the departments that they belong to, with English names."""
    return sources("employees", "departments")


@pytest.fixture
def library(sources: Callable[..., Asked]) -> Asked:
    """Authors and their papers, each in domains of its own: two ways lead from an author to a domain."""
    return sources("authors", "papers", "writes", "domains", "domain_papers", "domain_authors")


@pytest.fixture
def medals(sources: Callable[..., Asked]) -> Asked:
    """A published table whose last row adds up the others."""
    return sources("medals")


@pytest.fixture
def polls(sources: Callable[..., Asked]) -> Asked:
    """Votes a district, with a column a candidate."""
    return sources("polls")


@pytest.fixture
def atlas(sources: Callable[..., Asked]) -> Asked:
    """Cities and their states; one city is called as a state is."""
    return sources("cities", "states")


@pytest.fixture
def cups(sources: Callable[..., Asked]) -> Asked:
    """A final table: a player a row, by place."""
    return sources("cups")


@pytest.fixture
def lands(sources: Callable[..., Asked]) -> Asked:
    """Lands, which of them are neighbours, and the streams that run through them; no key is declared."""
    return sources("lands", "borders", "streams")


@pytest.fixture
def deaths(sources: Callable[..., Asked]) -> Asked:
    """Deaths a month and state."""
    return sources("deaths")


@pytest.fixture
def pets(sources: Callable[..., Asked]) -> Asked:
    """Pupils and their pets; both have ages, the pets also dates of birth."""
    return sources("pupils", "pets")


@pytest.fixture
def births(sources: Callable[..., Asked]) -> Asked:
    """Dates of birth and no names."""
    return sources("pets")


@pytest.fixture
def people(sources: Callable[..., Asked]) -> Asked:
    """People and their dates of birth."""
    return sources("people")


@pytest.fixture
def bills(sources: Callable[..., Asked]) -> Asked:
    """Bills of meals, with Portuguese names."""
    return sources("bills")


@pytest.fixture
def meals(sources: Callable[..., Asked]) -> Asked:
    """Meals, told apart by a column of yes and no."""
    return sources("meals")


@pytest.fixture
def games(sources: Callable[..., Asked]) -> Asked:
    """A list whose rows stand in an order: a season a row."""
    return sources("games")
