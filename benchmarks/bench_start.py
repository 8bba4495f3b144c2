"""Cold start of `agentgraph up` on a prepared machine: from the command to ready, new data folder."""

from benchmarks.figures import report
from benchmarks.system import running_system


def main() -> None:
    """Prints the figure."""
    with running_system() as system:
        report("start_to_ready", system.started_s, "s", target="<= 10")


if __name__ == "__main__":
    main()
