"""Looking for a person's words in every place where an installation keeps anything."""

import asyncio
import zlib
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.models import Base


async def places_of(words: str, database: Database, settings: Settings) -> set[str]:
    """Where `words` are found: `table:…`, `valkey:…` (kind of key) and `file:…` (first folder)."""
    found = await _tables_with(words, database)
    found |= await _keys_with(words, str(settings.valkey_url))
    return found | await asyncio.to_thread(_files_with, words, settings.data_dir)


async def _tables_with(words: str, database: Database) -> set[str]:
    """Tables with a row that holds `words`, packed or not."""
    found = set()
    async with database.read() as session:
        for table in Base.metadata.tables:
            rows = await session.execute(text(f'SELECT to_jsonb(t) FROM "{table}" t'))
            if any(_holds(words, str(value)) for row in rows.scalars() for value in row.values()):
                found.add(f"table:{table}")
    return found


def _holds(words: str, value: str) -> bool:
    if words in value:
        return True
    if not value.startswith("\\x"):
        return False
    return words.encode() in _unpacked(bytes.fromhex(value[2:]))


def _unpacked(raw: bytes) -> bytes:
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return raw


async def _keys_with(words: str, valkey_url: str) -> set[str]:
    valkey, found = Redis.from_url(valkey_url), set()
    try:
        async for key in valkey.scan_iter():
            kept: Any = await valkey.dump(key)
            body: Any = await valkey.get(key) if await valkey.type(key) == b"string" else b""
            pieces = [key, kept, body, _unpacked(body.partition(b"\n")[2])]
            if any(words.encode() in piece for piece in pieces):
                found.add("valkey:" + ":".join(key.decode().split(":")[:2]))
    finally:
        await valkey.aclose()
    return found


def _files_with(words: str, folder: Path) -> set[str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    hits = [path for path in paths if words in str(path) or words.encode() in path.read_bytes()]
    return {f"file:{path.relative_to(folder).parts[0]}" for path in hits}
