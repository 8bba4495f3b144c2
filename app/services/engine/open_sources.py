"""What a run reads of its agent's source, and the shelf that keeps opened ones at hand."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from app.agentgraph.context import Part
from app.agentgraph.outcome import Extract
from app.connectors.base import Connector
from app.connectors.catalog import Catalog, ValueIndex
from app.connectors.sql_gate import BoundPolicy

MAX_OPEN = 64
"""Sources kept open beyond those in use; each costs a few file descriptors and its catalog."""


class Closable(Protocol):
    """Something that holds files or connections until it is closed."""

    async def close(self) -> None:
        """Releases them."""
        ...


class ClosableIndex(ValueIndex, Protocol):
    """A value index that holds files."""

    def close(self) -> None:
        """Releases them."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSource:
    """What a run reads of its agent's sources."""

    connector: Connector
    catalog: Catalog
    values: ClosableIndex
    parts: tuple[Part, ...] = ()
    """The sources that this is made of, where a question can be about one of them alone."""
    extracts: list[Extract] = field(default_factory=list)
    """What was fetched from the parts."""
    pins: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What keeps the files of the source on this machine's disk."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Of several sources, the name of the one that each table of the whole is of."""
    names: tuple[Mapping[str, str], ...] = ()
    """Of several files, for each the names of its tables in the whole by its own."""
    policy: BoundPolicy | None = None
    """Rules that hold for whoever reads it; catalog and values show no more than they let be seen."""

    async def close(self) -> None:
        """Ends running statements and releases files and connections."""
        await self.connector.close()
        self.values.close()
        await self.pins.aclose()


T = TypeVar("T", bound=Closable)


@dataclass(slots=True)
class _Entry(Generic[T]):
    opening: "asyncio.Task[T]"
    users: int = 0


@dataclass(slots=True)
class Shelf(Generic[T]):
    """Opens what belongs to a key once a process, and closes what was used longest ago when there is too much."""

    _open: "OrderedDict[Hashable, _Entry[T]]" = field(default_factory=OrderedDict)

    @asynccontextmanager
    async def use(self, key: Hashable, opener: Callable[[], Awaitable[T]]) -> AsyncIterator[T]:
        """What `opener` made for `key`, kept open at least as long as it is used. Raises what `opener` raises."""
        entry = self._open.get(key)
        if entry is None:
            entry = self._open[key] = _Entry(asyncio.create_task(_awaited(opener)))
        self._open.move_to_end(key)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.opening)
        except BaseException:
            if entry.opening.done() and _failed(entry.opening):
                self._open.pop(key, None)
            raise
        finally:
            entry.users -= 1
            await self._shrink()

    async def close(self) -> None:
        """Closes everything."""
        entries, self._open = list(self._open.values()), OrderedDict()
        for entry in entries:
            await self._close(entry)

    async def _shrink(self) -> None:
        idle = [key for key, entry in self._open.items() if entry.users == 0]
        for key in idle[: max(0, len(self._open) - MAX_OPEN)]:
            await self._close(self._open.pop(key))

    async def _close(self, entry: _Entry[T]) -> None:
        await asyncio.wait([entry.opening])
        if not _failed(entry.opening):
            await entry.opening.result().close()


async def _awaited(opener: Callable[[], Awaitable[T]]) -> T:
    return await opener()


def _failed(opening: "asyncio.Task[T]") -> bool:
    return opening.cancelled() or opening.exception() is not None
