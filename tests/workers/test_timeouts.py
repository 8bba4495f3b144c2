"""Time-outs that have to agree with each other, in the program and in what is configured around it."""

import re
from pathlib import Path

import pytest

from app.core.config import Settings
from app.services.queries.query_answer import GRACE_S
from app.workers.app import KILL_GRACE_S, make_celery
from tests.conftest import make_settings

NGINX = Path(__file__).parents[2] / "docker" / "nginx.conf"
NOWHERE = {"database_url": "postgresql://nowhere", "valkey_url": "redis://nowhere", "data_dir": Path("nowhere")}


@pytest.mark.parametrize(
    "values", [{}, {"query_timeout_s": 7200.0}, {"ingestion_timeout_s": 86_400.0, "lease_s": 600.0}]
)
def test_hint_is_not_given_out_again_while_its_task_may_still_run(values: dict[str, float]) -> None:
    settings = make_settings(**NOWHERE, **values)
    again_after_s = make_celery(settings).conf.broker_transport_options["visibility_timeout"]
    assert settings.ingestion_timeout_s + KILL_GRACE_S + settings.lease_s < again_after_s
    assert settings.query_timeout_s + GRACE_S + settings.lease_s < again_after_s


def test_what_is_waited_for_ends_before_whoever_waits() -> None:
    settings = make_settings(**NOWHERE)
    for part_s in (settings.statement_timeout_s, settings.model_timeout_s, settings.connect_timeout_s):
        assert part_s < settings.query_timeout_s
    assert settings.sync_limit_s < settings.query_timeout_s
    (proxy_s,) = re.findall(r"proxy_read_timeout (\d+)s", NGINX.read_text("utf-8"))
    assert settings.query_timeout_s + GRACE_S < int(proxy_s)


def test_lease_that_one_missed_heartbeat_would_end_is_refused() -> None:
    assert Settings.model_fields["lease_s"].default > 2 * Settings.model_fields["heartbeat_s"].default
    with pytest.raises(ValueError, match="AGENTGRAPH_LEASE_S must be more than twice"):
        make_settings(**NOWHERE, lease_s=10.0, heartbeat_s=5.0)
