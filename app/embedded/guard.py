"""Makes sure that nothing outlives its owner: a small process stops the owner's children when the owner is killed.

A parent-death signal would do less: it follows the thread that started the child, not the process, and it cannot
wait, choose an order or reach grandchildren.
"""

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

SCRIPT = Path(__file__).resolve().with_name("guard_process.py")


class Guard:
    """The owner's side: lists children with the guard and takes them off again.

    Processes that fork and never exec must not inherit an open guard: they would keep it from seeing the owner's end.
    """

    def __init__(self) -> None:
        self._orders: dict[int, str] = {}
        self._process = _spawn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, pid: int, stop_signal: signal.Signals, *, whole_group: bool = False) -> None:
        """Has `pid` stopped by `stop_signal` should this process die; with `whole_group`, its group is killed after."""
        self._orders[pid] = f"add {pid} {int(stop_signal)} {int(whole_group)}\n"
        self._send(self._orders[pid])

    def drop(self, pid: int) -> None:
        """Forgets a child that has ended."""
        if self._orders.pop(pid, None) is not None:
            self._send(f"drop {pid}\n")

    def close(self) -> None:
        """Ends the guard; children still listed are stopped by it."""
        _end(self._process)

    def _send(self, order: str) -> None:
        try:
            _write(self._process, order)
        except BrokenPipeError:
            _end(self._process)
            self._process = _spawn()
            _write(self._process, "".join(self._orders.values()))


def _spawn() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own script under our own interpreter
        [sys.executable, "-I", "-S", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
        bufsize=0,
    )


def _write(process: "subprocess.Popen[bytes]", text: str) -> None:
    if process.stdin is not None:
        process.stdin.write(text.encode("ascii"))


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait()
