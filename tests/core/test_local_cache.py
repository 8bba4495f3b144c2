"""The bounded cache of remote folders."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from app.core.local_cache import LocalCache

pytestmark = pytest.mark.anyio


def copies(root: Path) -> list[str]:
    """Names of the copies that are here."""
    return sorted(path.name for path in root.iterdir() if path.is_dir())


async def _fill(folder: Path) -> None:
    (folder / "data").write_bytes(b"x" * 100)


async def test_longest_unused_copies_go_first_and_used_ones_stay(tmp_path: Path) -> None:
    cache = LocalCache(tmp_path, max_bytes=250)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(cache.use("used", _fill))
        for name in ("a", "b", "c"):
            async with cache.use(name, _fill) as folder:
                assert (folder / "data").stat().st_size == 100
        assert copies(tmp_path) == ["c", "used"]
    async with cache.use("d", _fill):
        assert copies(tmp_path) == ["c", "d"]


async def test_copy_that_could_not_be_fetched_leaves_nothing(tmp_path: Path) -> None:
    async def broken(_: Path) -> None:
        raise ConnectionResetError

    cache = LocalCache(tmp_path, max_bytes=250)
    with pytest.raises(ConnectionResetError):
        async with cache.use("a", broken):
            pass
    assert copies(tmp_path) == []
