"""Embeddings by HuggingFace: its inference providers, or a text-embeddings endpoint of one's own."""

from collections.abc import Sequence
from typing import Any

from app.agentgraph.context import ModelAccess
from app.agentgraph.embeddings.embedder import Embedding
from app.core.errors import ModelFailed, ModelNotConfigured


class HuggingFaceEmbedder:
    """One model of the service; its client is made with the first text."""

    def __init__(self, model: str, access: ModelAccess, url: str | None = None) -> None:
        self._model, self._access, self._url = model, access, url
        self._client: Any = None

    @property
    def name(self) -> str:
        """`huggingface:` and the model."""
        return f"huggingface:{self._model}"

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """One embedding a text, by one call. Raises ModelFailed, ModelNotConfigured."""
        import httpx
        from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

        client = self._opened()
        try:
            found = await client.feature_extraction(list(texts), normalize=True)
        except (httpx.HTTPError, HfHubHTTPError, InferenceTimeoutError, OSError) as error:
            raise ModelFailed(model=self.name, reason=type(error).__name__) from error
        if found.ndim != 2 or len(found) != len(texts):
            raise ModelFailed(model=self.name, reason="it did not give one vector a text")
        return [Embedding(vector) for vector in found.tolist()]

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.close()

    def _opened(self) -> Any:
        access = self._access
        if access.huggingface_api_key is None and self._url is None:
            raise ModelNotConfigured(model=self.name, setting="HF_TOKEN")
        if self._client is None:
            from huggingface_hub import AsyncInferenceClient

            self._client = AsyncInferenceClient(
                model=self._url or self._model,
                token=access.huggingface_api_key,
                timeout=access.timeout_s,
            )
        return self._client
