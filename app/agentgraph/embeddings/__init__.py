"""Texts as vectors: what an embedder gives, and the three that there are."""

from app.agentgraph.embeddings.choice import embedder_for
from app.agentgraph.embeddings.embedder import DIMENSIONS, TERM_DIMENSIONS, Embedder, Embedding

__all__ = ["DIMENSIONS", "TERM_DIMENSIONS", "Embedder", "Embedding", "embedder_for"]
