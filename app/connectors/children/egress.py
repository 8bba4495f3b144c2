"""The wall around a child that opens connections: every address is judged in the moment in which it is used.

Python tells of each connection of its own sockets before it is made, whatever library asks for it; what this hook
refuses is not made. There is no way to take a hook out again. A driver whose sockets are not Python's would not be
seen: `app.connectors.dialects` names none of those.
"""

import sys
from typing import Any

from app.core.egress import EgressRules
from app.core.errors.databases import EgressRefused

_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.spawn")
"""Events of starting programs, which no driver of ours needs."""


class EgressWall:
    """Refuses connections that the rules of the installation refuse; works from when it is made."""

    def __init__(self, rules: EgressRules) -> None:
        self._rules = rules
        self.has_refused = False
        """Whether something was refused since this was last set to false: drivers hide it in errors of their own."""
        sys.addaudithook(self._judge)

    def _judge(self, event: str, args: tuple[Any, ...]) -> None:
        if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
            self._judge_address(args[1])
        elif event == "socket.getaddrinfo":
            self._judge_name(args[0])
        elif event in _STARTS:
            self._refuse(event)

    def _judge_address(self, address: Any) -> None:
        """Only addresses written out: a name would be looked up once more behind our back, a path is no network."""
        if not isinstance(address, tuple) or not self._rules.lets(str(address[0])):
            self._refuse("this address")

    def _judge_name(self, host: Any) -> None:
        try:
            self._rules.name(host.decode() if isinstance(host, bytes) else str(host))
        except (EgressRefused, UnicodeDecodeError):
            self._refuse("this name")

    def _refuse(self, what: str) -> None:
        self.has_refused = True
        raise PermissionError(f"{what} is refused")
