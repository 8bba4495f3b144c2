"""The supervisor with real processes."""

import os
import signal
from io import StringIO
from pathlib import Path
from threading import Event

import pytest

from app.embedded.processes import ServerState
from app.embedded.supervised_process import ProcessSpec
from app.embedded.supervisor import Supervisor
from tests.embedded.programs import SUPERVISED, SYSTEM, ends, line_with, lines_with, mark_of, running

SLEEPER = "echo pid $$; exec sleep 1000"


class Said(StringIO):
    """Output that tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.something = Event()

    def write(self, text: str, /) -> int:
        written = super().write(text)
        self.something.set()
        return written


def pid_in(line: str) -> int:
    return int(line.rpartition(" ")[2])


def test_lines_carry_the_name_of_their_process() -> None:
    with running(SUPERVISED, f"api=echo hello; {SLEEPER}") as process:
        assert line_with(process, "hello") == "api | hello"


def test_dead_process_is_started_again() -> None:
    with running(SUPERVISED, f"worker={SLEEPER}") as process:
        first = pid_in(line_with(process, "| pid"))
        os.kill(first, signal.SIGKILL)
        assert "ended with signal 9" in line_with(process, "starts again")
        assert pid_in(line_with(process, "| pid")) != first


def test_pauses_grow_while_a_process_keeps_dying() -> None:
    with running(SUPERVISED, "worker=exit 3") as process:
        said = [line_with(process, "ended with code 3") for _ in range(3)]
    assert [line.rpartition(" in ")[2] for line in said] == ["0.5 s", "1 s", "2 s"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_everything_at_once(number: signal.Signals, tmp_path: Path) -> None:
    first, last = tmp_path / "first", tmp_path / "last"

    def waiting(mine: Path, other: Path) -> str:
        """Ends when asked, but not before the other one was asked too."""
        ending = f"touch {mine}; until [ -e {other} ]; do sleep 0.02; done; echo bye; exit"
        return f"trap '{ending}' TERM; echo pid $$; while :; do sleep 0.05; done"

    with running(SUPERVISED, f"first={waiting(first, last)}", f"last={waiting(last, first)}") as process:
        said = lines_with(process, "first | pid", "last  | pid", "all started")
        pids = [pid_in(line) for line in said if "pid" in line]
        process.send_signal(number)
        said = lines_with(process, "first | bye", "last  | bye", "all stopped")
        assert said[-1] == "all stopped"
        assert process.wait() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_second_signal_kills_the_stubborn_with_their_children() -> None:
    stubborn = "trap 'echo no' TERM; sleep 1000 & echo pid $!; while :; do sleep 0.05; done"
    with running(SUPERVISED, f"worker={stubborn}") as process:
        said = lines_with(process, "| pid", "all started")
        grandchild = mark_of(next(pid_in(line) for line in said if "pid" in line))
        process.terminate()
        line_with(process, "no")
        process.terminate()
        assert line_with(process, "all stopped") == "all stopped"
    assert ends(grandchild)


def test_nothing_survives_a_killed_supervisor(data_dir: Path) -> None:
    with running(SYSTEM, str(data_dir)) as process:
        family = [mark_of(pid_in(line)) for line in lines_with(process, "| child", "| grandchild")]
        states = [ServerState.read(data_dir / name / "state.json") for name in ("postgresql", "valkey")]
        family += [state.process for state in states if state is not None]
        process.kill()
        assert [ends(mark) for mark in family] == [True] * 4


def test_supervisor_revives_the_database(data_dir: Path) -> None:
    with running(SYSTEM, str(data_dir)) as process:
        line_with(process, "grandchild")
        before = ServerState.read(data_dir / "postgresql/state.json")
        assert before is not None
        os.kill(before.process.pid, signal.SIGKILL)
        assert line_with(process, "PostgreSQL had died") == "up    | PostgreSQL had died and runs again"
        after = ServerState.read(data_dir / "postgresql/state.json")
        process.terminate()
        assert process.wait() == 0
    assert after is not None
    assert (after.port, after.process.is_alive()) == (before.port, False)
    assert after.process != before.process


def test_failing_hook_stops_everything_and_is_raised() -> None:
    said = StringIO()

    def fail() -> None:
        raise ValueError("the example data are missing")

    supervisor = Supervisor([ProcessSpec("api", ("sleep", "1000"))], on_ready=fail, output=said)
    with pytest.raises(ValueError, match="example data"):
        supervisor.run()


def test_unknown_program_stops_what_was_started() -> None:
    specs = [ProcessSpec("api", ("sleep", "1000")), ProcessSpec("worker", ("/no/such/program",))]
    with pytest.raises(FileNotFoundError):
        Supervisor(specs, output=StringIO()).run()


def test_environment_of_a_process_is_added_to_the_own() -> None:
    said = Said()
    spec = ProcessSpec("api", ("sh", "-c", "echo $GREETING ${PATH:+with path}; sleep 1000"), {"GREETING": "hello"})

    def stop_when_heard() -> None:
        said.something.wait()
        supervisor.request_stop()

    supervisor = Supervisor([spec], on_ready=stop_when_heard, output=said)
    supervisor.run()
    assert said.getvalue() == "api | hello with path\n"
