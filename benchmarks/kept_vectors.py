"""Vectors of texts, kept in a file of the user between runs: the model takes some 70 ms of CPU for each."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import orjson

from app.repositories.exchanges import Vector
from app.services.engine.embeddings import Embeddings

BATCH = 32
"""Texts that are embedded together, numbers in one thread and terms in another, and stored."""
TOLD_EACH = 20
"""Batches between two words of how far it is."""
TABLE = """
CREATE TABLE IF NOT EXISTS vectors (model TEXT, text TEXT, numbers BLOB, terms BLOB, PRIMARY KEY (model, text))
WITHOUT ROWID
"""


def vectors_path() -> Path:
    """The file, in the cache folder of whoever runs this; removing it costs time alone."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "agentgraph"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "benchmark-vectors.sqlite"


async def kept_vectors(embeddings: Embeddings, texts: Sequence[str]) -> list[Vector]:
    """One vector a text: those of the file, and what is not in it from the model, which is then kept."""
    model = embeddings.model
    assert model is not None
    with closing(sqlite3.connect(vectors_path())) as file:
        file.execute(TABLE)
        found = {text: vector for text in texts if (vector := _read(file, model, text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        for number, start in enumerate(range(0, len(missing), BATCH)):
            if number % TOLD_EACH == 0:
                sys.stderr.write(f"embedded {start} of {len(missing)} texts\n")
            batch = missing[start : start + BATCH]
            for text, vector in zip(batch, await embeddings.of(batch), strict=True):
                assert vector is not None
                found[text] = vector
                _write(file, text, vector)
            file.commit()
    return [found[text] for text in texts]


def _read(file: sqlite3.Connection, model: str, text: str) -> Vector | None:
    row = file.execute("SELECT numbers, terms FROM vectors WHERE model = ? AND text = ?", (model, text)).fetchone()
    if row is None:
        return None
    terms = orjson.loads(row[1])
    numbers = np.frombuffer(row[0], dtype=np.float32).tolist()
    return Vector(model, numbers, terms and {int(place): weight for place, weight in terms.items()})


def _write(file: sqlite3.Connection, text: str, vector: Vector) -> None:
    numbers = np.array(vector.numbers, dtype=np.float32).tobytes()
    terms = orjson.dumps(vector.terms, option=orjson.OPT_NON_STR_KEYS)
    file.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", (vector.model, text, numbers, terms))
