"""Runs the fake providers as a program: `python -m tests.fakes --port 0 --script FILE --latency 1.0`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from tests.fakes.script import Script
from tests.fakes.server import serve


async def main(arguments: argparse.Namespace) -> None:
    """Prints the base URLs as one line of JSON, then serves until it is stopped."""
    script = Script.load(arguments.script) if arguments.script else Script()
    if arguments.latency is not None:
        script.latency_s = arguments.latency
    async with serve(script, port=arguments.port) as providers:
        sys.stdout.write(json.dumps({**providers.urls, "control": f"http://127.0.0.1:{providers.port}"}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fakes")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, help="JSON file: replies, table (SQL by question), latency_s")
    parser.add_argument("--latency", type=float, help="seconds before each answer")
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)
