"""The vectors of this process: one embedder, and the questions that were looked for last."""

import logging
from collections import OrderedDict
from collections.abc import Sequence

from app.agentgraph.embeddings import DIMENSIONS, Embedder, Embedding, embedder_for
from app.core.config import Settings
from app.core.errors import AgentGraphError, Misconfigured
from app.repositories.exchanges import Vector
from app.services.engine.model_access import model_access

KEPT = 2000
"""Vectors of questions that are kept, some 4 KB each: people search for the same again, and turn pages."""
_log = logging.getLogger(__name__)


class Embeddings:
    """Opened once a process; the model is loaded with the first text."""

    def __init__(self, settings: Settings) -> None:
        """Raises Misconfigured for a model that is not known."""
        self._embedder: Embedder | None = None
        if settings.embedding_model:
            self._embedder = embedder_for(settings.embedding_model, model_access(settings), settings.embedding_url)
        self._kept: OrderedDict[str, Vector] = OrderedDict()

    @property
    def model(self) -> str | None:
        """Name under which vectors are stored now; None when there are none."""
        return None if self._embedder is None else self._embedder.name

    async def of(self, texts: Sequence[str]) -> list[Vector | None]:
        """One vector a text; None where the installation has no embedder. Raises ModelFailed, Misconfigured."""
        if self._embedder is None:
            return [None for _ in texts]
        found = await self._embedder.embed(texts)
        return [_checked(self._embedder.name, embedding) for embedding in found]

    async def of_search(self, text: str) -> Vector | None:
        """The vector of what somebody looks for; None when there is none to be had, and then words have to do."""
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        try:
            (vector,) = await self.of([text])
        except AgentGraphError as error:
            _log.warning("search goes by words alone: %s", error)
            return None
        if vector is not None:
            self._kept[text] = vector
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return vector

    async def close(self) -> None:
        """Closes the embedder's connections."""
        if self._embedder is not None:
            await self._embedder.close()


def _checked(name: str, embedding: Embedding) -> Vector:
    length = len(embedding.vector)
    if length != DIMENSIONS:
        reason = f"vectors of {name} have {length} numbers, and {DIMENSIONS} are stored"
        raise Misconfigured(setting="AGENTGRAPH_EMBEDDING_MODEL", reason=reason)
    return Vector(name, embedding.vector, embedding.terms)
