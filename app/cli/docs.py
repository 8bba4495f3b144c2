"""`agentgraph docs`: writes the documents that are generated from the code."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def docs() -> None:
    """Write the documents made from the code (settings, errors, permissions) anew; run it after changing those."""
    from app.core.documents import write_documents

    write_documents(CHECKOUT)
