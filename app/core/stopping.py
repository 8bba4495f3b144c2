"""How long a process that was asked to stop may still take: each of these fits into the next."""

from typing import Final

REQUESTS_END_S: Final = 8
"""Of an API process: requests that are being answered may end; streams are told to go on elsewhere."""
DRAIN_S: Final = 20.0
"""After that, or at once in a worker: running questions may end; then they are handed back to the queue."""
CLOSING_S: Final = 7.0
"""What handing back, closing connections and ending children takes, with room for a busy machine."""
STOP_GRACE_S: Final = REQUESTS_END_S + DRAIN_S + CLOSING_S
"""From SIGTERM until a supervisor, or an orchestrator, kills what is left."""
