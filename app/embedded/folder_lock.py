"""One owner a data folder: a lock that the operating system drops when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path

from app.core.errors import Conflict
from app.core.i18n import Text

FILE_NAME = ".lock"

_IN_USE = Text(
    en="The data folder {folder} is in use by process {pid}. Stop that one, or choose another folder "
    "with AGENTGRAPH_DATA_DIR.",
    pt="A pasta de dados {folder} está em uso pelo processo {pid}. Pare-o ou escolha outra pasta "
    "com AGENTGRAPH_DATA_DIR.",
)


class FolderLock:
    """Holds a data folder; the file stays, because removing it would let two holders lock two different files."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Takes the lock at once or not at all.

        Raises:
            Conflict: another process holds it.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise Conflict(_IN_USE, folder=str(self._path.parent), pid=holder or "?") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        self._descriptor = descriptor

    def release(self) -> None:
        """Gives the folder back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
