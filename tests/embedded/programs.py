"""Scripts that tests run as processes of their own, because what they show is what happens when those die."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.processes import ProcessMark

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30.0

SERVICES = """
import sys
from pathlib import Path
from app.embedded.services import EmbeddedServices
services = EmbeddedServices(Path(sys.argv[1]))
urls = services.start()
print(urls.database_url, flush=True)
print(urls.valkey_url, flush=True)
sys.stdin.read()
services.stop()
print("stopped", flush=True)
"""

SUPERVISED = """
import sys
from app.embedded.supervised_process import ProcessSpec
from app.embedded.supervisor import Supervisor
specs = [ProcessSpec(name, ("sh", "-c", script)) for name, script in (item.split("=", 1) for item in sys.argv[1:])]
# In one piece, end of line included: it is said by a thread of its own while others write lines.
Supervisor(specs, on_ready=lambda: print("all started\\n", end="", flush=True), grace_s=5).run()
print("all stopped", flush=True)
"""

SYSTEM = """
import sys
from pathlib import Path
from app.embedded.services import EmbeddedServices
from app.embedded.supervised_process import ProcessSpec
from app.embedded.supervisor import Supervisor
services = EmbeddedServices(Path(sys.argv[1]))
with services as urls:
    print(urls.database_url, flush=True)
    print(urls.valkey_url, flush=True)
    child = ProcessSpec("child", ("sh", "-c", "echo child $$; sleep 1000 & echo grandchild $!; wait"))
    Supervisor([child], services=services).run()
"""


@contextmanager
def running(script: str, *arguments: str, prefix: tuple[str, ...] = ()) -> Iterator["subprocess.Popen[str]"]:
    """`script` as a process whose input and output are pipes; killed at the end if it still runs."""
    with subprocess.Popen(
        [*prefix, sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_with(process: "subprocess.Popen[str]", text: str) -> str:
    """The next line of the process that contains `text`."""
    return lines_with(process, text)[0]


def lines_with(process: "subprocess.Popen[str]", *texts: str) -> list[str]:
    """The next lines that contain one of `texts` each, in order of appearance, which need not be that of `texts`.

    The test's own time-out is the deadline.
    """
    assert process.stdout is not None
    missing, found = list(texts), []
    for line in process.stdout:
        said = next((text for text in missing if text in line), None)
        if said is not None:
            missing.remove(said)
            found.append(line.strip())
        if not missing:
            return found
    raise AssertionError(f"the process ended without saying {missing}")


def ends(mark: ProcessMark) -> bool:
    """Whether the process ends within the deadline."""
    try:
        handle = os.pidfd_open(mark.pid)
    except ProcessLookupError:
        return True
    try:
        return not mark.is_alive() or bool(select.select([handle], [], [], DEADLINE_S)[0])
    finally:
        os.close(handle)


def mark_of(pid: int) -> ProcessMark:
    """The mark of a process that runs."""
    mark = ProcessMark.of(pid)
    assert mark is not None
    return mark


def children_of(pid: int) -> list[ProcessMark]:
    """The processes that `pid` has started and that still run."""
    numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [mark_of(int(number)) for number in numbers]
