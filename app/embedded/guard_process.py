"""The guard itself: a bare script that stops what its owner started when the owner dies without saying so.

It runs in a session of its own, imports nothing of the product, and reads orders from its standard input:
`add PID SIGNAL GROUP` and `drop PID`. At the end of input it stops what is still listed, last started first.
"""

import contextlib
import os
import select
import signal
import sys

GRACE_S = 10.0


def read_orders() -> dict[int, tuple[int, int, bool]]:
    """Follows the orders to their end; gives handle, signal and whether the whole group goes, by process id."""
    listed: dict[int, tuple[int, int, bool]] = {}
    for line in sys.stdin:
        order, pid, *rest = line.split()
        known = listed.pop(int(pid), None)
        if known is not None:
            os.close(known[0])
        if order == "add":
            # A handle instead of the number: a number may belong to somebody else by the time it is used.
            with contextlib.suppress(ProcessLookupError):
                listed[int(pid)] = (os.pidfd_open(int(pid)), int(rest[0]), rest[1] == "1")
    return listed


def stop(pid: int, handle: int, number: int, *, whole_group: bool) -> None:
    """Asks one process to end, waits, and kills it (and its group) when it does not."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, number)
        ended, _, _ = select.select([handle], [], [], GRACE_S)
        if not ended:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    if whole_group:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Waits for the owner's end, then cleans up."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    for pid, (handle, number, whole_group) in reversed(read_orders().items()):
        stop(pid, handle, number, whole_group=whole_group)


if __name__ == "__main__":
    main()
