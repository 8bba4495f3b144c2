"""Embeddings by OpenAI, or by a server that speaks its protocol."""

from collections.abc import Sequence
from typing import Any

from app.agentgraph.context import ModelAccess
from app.agentgraph.embeddings.embedder import DIMENSIONS, Embedding
from app.core.errors import ModelFailed, ModelNotConfigured

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIEmbedder:
    """One model of the service; its client is made with the first text."""

    def __init__(self, model: str, access: ModelAccess, url: str | None = None) -> None:
        self._model, self._access = model, access
        self._url = url or access.openai_base_url
        self._client: Any = None

    @property
    def name(self) -> str:
        """`openai:` and the model, which the provider versions by its name."""
        return f"openai:{self._model}"

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding a text, by one call. Raises ModelFailed, ModelNotConfigured."""
        from openai import OpenAIError

        client = self._opened()
        try:
            answer = await client.embeddings.create(
                model=self._model, input=list(texts), dimensions=DIMENSIONS, encoding_format="float"
            )
        except OpenAIError as error:
            raise ModelFailed(model=self.name, reason=type(error).__name__) from error
        return [Embedding(item.embedding) for item in sorted(answer.data, key=lambda item: item.index)]

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.close()

    def _opened(self) -> Any:
        access = self._access
        if access.openai_api_key is None and self._url is None:
            raise ModelNotConfigured(model=self.name, setting="OPENAI_API_KEY")
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                api_key=access.openai_api_key or "none",
                base_url=self._url or OPENAI_URL,
                timeout=access.timeout_s,
                max_retries=access.retries,
            )
        return self._client
