"""What the user gets from each provider, whatever it does: the matrix that the tests hold, printed as a table.

`python -m benchmarks.show_providers` asks one question through each provider's real SDK of a protocol server on
loopback that behaves in each of the ways; it ends with 1 when something else came than the tests expect.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.agentgraph.llm import warm_up
from app.agentgraph.outcome import Outcome
from app.connectors.sqlite_pool import SqlitePool
from tests.agentgraph.engine import Engine, access_to, open_engine
from tests.agentgraph.test_provider_matrix import ANSWER, CASES, MODELS, SNOW, TABLE, access_for
from tests.fakes import FakeProviders, Reply, Script, serve

HANGS, STRUCTURED = "hang", "structured output"
HANG_TIMEOUT_S = 1.0
WIDTH = 78


async def main() -> int:
    """Prints a row for each provider and fault; gives how many were not as expected."""
    logging.disable(logging.CRITICAL)
    wrong = 0
    sys.stdout.write(f"{'provider':<12} {'what it does':<22} {'what the user gets':<{WIDTH}} calls\n")
    async with _engine() as engine:
        for provider in MODELS:
            for case in (*CASES, STRUCTURED, HANGS):
                # Servers of its own for each case: a provider that keeps failing is left alone for a while.
                async with serve(Script()) as providers:
                    outcome, wanted = await _asked(engine, providers, provider, case)
                got = _told(outcome)
                wrong += wanted not in got
                mark = "" if wanted in got else f"   expected: {wanted}"
                calls = providers.calls.total()
                sys.stdout.write(f"{provider:<12} {case:<22} {got[:WIDTH]:<{WIDTH}} {calls:>5}{mark}\n")
                sys.stdout.flush()
                engine.ledger.calls.clear()
    sys.stdout.write(f"{wrong} of {len(MODELS) * (len(CASES) + 2)} are not as expected\n")
    return wrong


@asynccontextmanager
async def _engine() -> AsyncIterator[Engine]:
    """An engine whose SDKs are imported, so that the first question does not wait for that."""
    pool = SqlitePool(children=1)
    with tempfile.TemporaryDirectory() as folder:
        async with open_engine(Path(folder), "seattle-weather", pool=pool) as engine:
            async with serve(Script()) as providers:
                await warm_up(access_to(providers))
            yield engine
    await pool.close()


def _told(outcome: Outcome) -> str:
    """The reason between the brackets of a failure's sentence, or how the question ended."""
    if outcome.failure is None:
        return ANSWER
    reason = outcome.failure.fields.get("reason")
    return f"{outcome.failure.code}: {reason or outcome.failure.detail}"


async def _asked(engine: Engine, providers: FakeProviders, provider: str, case: str) -> tuple[Outcome, str]:
    """How the question ended, and the words that are expected in what the user is told."""
    access, model = access_for(provider, access_to(providers)), MODELS[provider]
    if case == HANGS:
        providers.script = Script.of(Reply(hang=True), Reply(hang=True))
        slow = replace(access, timeout_s=HANG_TIMEOUT_S)
        return await engine.ask(SNOW, access=slow, model=model), "it took too long"
    replies, wanted, _ = CASES.get(case, ((), ANSWER, 1))
    providers.script = Script.of(*replies, table=TABLE)
    return await engine.ask(SNOW, access=access, model=model, processing_enabled=case == STRUCTURED), wanted


if __name__ == "__main__":
    sys.exit(min(1, asyncio.run(main())))
