"""A real Prometheus understands the figures and the rules, and sees that nothing works on questions."""

import asyncio
from pathlib import Path

import httpx
import pytest

from benchmarks.prometheus import HOW_TO_INSTALL, MONITORING, checked, is_there, until, watching

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not is_there(), reason=f"{HOW_TO_INSTALL}; nothing that needs it was tried"),
]


def test_the_alert_rules_are_valid() -> None:
    assert "10 rules found" in checked("rules", MONITORING / "alerts.yml")


async def test_figures_are_scraped_and_an_installation_without_worker_is_alarmed_about(
    server_url: str, tmp_path: Path
) -> None:
    states = await asyncio.to_thread(watched, server_url, tmp_path)
    assert (states["NoWorker"], states["ApiGone"], states["QueueLate"]) == ("firing", "inactive", "inactive")


def watched(server_url: str, folder: Path) -> dict[str, str]:
    """What Prometheus says of each rule, once it has scraped and judged."""
    checked("metrics", given=httpx.get(f"{server_url}/metrics").raise_for_status().content)
    with watching(folder, server_url, at_once=True) as prometheus:
        target = until(prometheus.target, lambda found: found["health"] != "unknown", 60)
        assert (target["health"], target["lastError"]) == ("up", "")
        assert until(lambda: prometheus.value("count(agentgraph_database_connections)"), bool, 60) == 2
        return until(prometheus.rules, lambda rules: rules.get("NoWorker") == "firing", 60)
