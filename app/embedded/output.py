"""Lines of several processes on one stream, each with the name of its process in front."""

import threading
from typing import IO, TextIO


class PrefixedOutput:
    """Writes whole lines only, so that those of different processes never mix."""

    def __init__(self, stream: TextIO, names: list[str]) -> None:
        self._stream = stream
        self._width = max((len(name) for name in names), default=0)
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """One line said by `name`."""
        with self._lock:
            self._stream.write(f"{name:<{self._width}} | {text}\n")
            self._stream.flush()

    def follow(self, name: str, pipe: IO[bytes]) -> threading.Thread:
        """Passes on all lines of `pipe` until its end, in a thread of its own; closes it then."""
        thread = threading.Thread(target=self._pass_on, args=(name, pipe), name=f"output of {name}", daemon=True)
        thread.start()
        return thread

    def _pass_on(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self.line(name, line.decode("utf-8", errors="replace").rstrip())
