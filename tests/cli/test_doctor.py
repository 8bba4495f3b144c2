"""`agentgraph doctor` through its real entry: an installation that serves, and one whose parts are broken in turn."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from app.cli.main import main
from app.core.config import Settings
from app.core.crypto import Vault
from app.core.db import Database
from app.core.ids import new_id
from app.core.security import audit_key
from app.embedded.services import EmbeddedUrls
from app.models import AuditAction, User, Webhook
from app.repositories import measures
from app.services.audit.audit import record
from app.services.audit.audit_chain import seal_new
from tests.conftest import JWT_SECRET, MASTER_KEY, sibling

pytestmark = pytest.mark.anyio

SUBJECTS = (
    "settings postgresql valkey migrations clocks queues processes storage disk models version extensions login"
    " row_security keys prices audit"
).split()
NOWHERE = "postgresql://agentgraph:x@127.0.0.1:1/agentgraph"


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The environment of this test's installation, as whoever runs it would set it."""
    return {
        "AGENTGRAPH_DATABASE_URL": str(settings.database_url),
        "AGENTGRAPH_VALKEY_URL": str(settings.valkey_url),
        "AGENTGRAPH_DATA_DIR": str(settings.data_dir),
        "AGENTGRAPH_JWT_SECRET": JWT_SECRET,
        "AGENTGRAPH_MASTER_KEY": MASTER_KEY,
    }


@pytest.fixture
async def serving(settings: Settings, database: Database) -> None:
    """Every part has shown that it lives, and the data folder is there."""
    settings.data_dir.mkdir()
    async with database.transaction() as session:
        for part in ("api", "worker", "beat"):
            await measures.beat(session, new_id(), part=part, host="here", pid=1)


async def examined(environment: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    """Exit code, and the findings by subject."""
    result = await asyncio.to_thread(CliRunner().invoke, main, ["doctor", "--json"], env=dict(environment))
    assert result.stdout, result.exception
    told = json.loads(result.stdout)
    severities = [one["severity"] for one in told["findings"]]
    assert (told["problems"], told["warnings"]) == (severities.count("problem"), severities.count("warning"))
    assert all(bool(one["mend"]) == (one["severity"] != "fine") for one in told["findings"])
    return result.exit_code, {one["subject"]: one for one in told["findings"]}


async def change(url: str, *statements: str, user: str | None = None, password: str | None = None) -> None:
    """What somebody does to the database by hand."""
    connection = await asyncpg.connect(url, user=user, password=password)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.usefixtures("serving")
async def test_an_installation_that_serves_has_nothing_to_mend(environment: dict[str, str]) -> None:
    code, findings = await examined(environment)
    assert {subject: one["severity"] for subject, one in findings.items()} == dict.fromkeys(SUBJECTS, "fine")
    assert code == 0


@pytest.mark.usefixtures("serving")
async def test_people_read_each_finding_with_what_to_do(environment: dict[str, str], database_url: str) -> None:
    await change(database_url, "ALTER TABLE files DISABLE ROW LEVEL SECURITY")
    result = await asyncio.to_thread(CliRunner().invoke, main, ["doctor"], env=environment)
    assert result.exit_code == 1
    assert "PROBLEM  row_security: switched off on: files\n" in result.stdout
    assert "-> ALTER TABLE files ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY" in result.stdout
    assert result.stdout.endswith("\n1 problems, 0 warnings.\n")


async def test_without_a_worker_it_says_what_to_start(environment: dict[str, str]) -> None:
    code, findings = await examined(environment)
    assert (code, findings["processes"]["severity"]) == (1, "problem")
    assert "api, beat, worker" in findings["processes"]["found"]


async def test_a_database_without_the_tables_is_to_be_migrated(
    environment: dict[str, str], empty_database_url: str
) -> None:
    code, findings = await examined({**environment, "AGENTGRAPH_DATABASE_URL": empty_database_url})
    assert (code, findings["migrations"]["severity"]) == (1, "problem")
    assert "agentgraph migrate" in findings["migrations"]["mend"]
    assert "keys" not in findings, "nothing is looked for in tables that are not there"


async def test_a_missing_extension_and_a_foreign_owner_are_named(
    environment: dict[str, str], empty_database_url: str, superuser: dict[str, str]
) -> None:
    await change(empty_database_url, "DROP EXTENSION vector", "CREATE TABLE files (id int)", **superuser)
    _, findings = await examined({**environment, "AGENTGRAPH_DATABASE_URL": empty_database_url})
    assert findings["extensions"]["found"] == "vector is missing"
    assert findings["login"]["severity"] == "problem"
    assert "may not change files" in findings["login"]["found"]


@pytest.mark.usefixtures("serving")
async def test_a_superuser_as_login_passes_every_policy(
    environment: dict[str, str], database_url: str, superuser: dict[str, str]
) -> None:
    place = database_url.rpartition("@")[2]
    url = f"postgresql://{superuser['user']}:{superuser['password']}@{place}"
    code, findings = await examined({**environment, "AGENTGRAPH_DATABASE_URL": url})
    assert (code, findings["login"]["severity"]) == (1, "problem")
    assert superuser["password"] not in json.dumps(findings)


async def test_why_the_database_is_away_is_told_without_its_password(
    environment: dict[str, str], database_url: str
) -> None:
    place = database_url.rpartition("@")[2]
    cases = {
        NOWHERE: "nothing listens at the address",
        sibling(database_url, "none"): "the server has no database of this name",
        f"postgresql://agentgraph:canary-password@{place}": "the server refuses the password",
    }
    for url, reason in cases.items():
        code, findings = await examined({**environment, "AGENTGRAPH_DATABASE_URL": url})
        assert (code, findings["postgresql"]["found"]) == (1, reason)
        assert "canary-password" not in json.dumps(findings)


@pytest.mark.usefixtures("serving")
async def test_what_stands_beside_the_database_is_named(environment: dict[str, str], settings: Settings) -> None:
    (settings.data_dir / "incoming").write_text("a file in the place of the folder")
    code, findings = await examined({**environment, "AGENTGRAPH_VALKEY_URL": "redis://127.0.0.1:1/0"})
    assert code == 1
    assert {subject for subject, one in findings.items() if one["severity"] == "problem"} == {"valkey", "storage"}


@pytest.mark.usefixtures("serving")
async def test_late_work_a_failed_provider_and_an_unknown_price_are_warnings(
    environment: dict[str, str], database: Database, database_url: str
) -> None:
    owner = await _user(database)
    job = f"INSERT INTO jobs (id, kind, subject_id, state, attempts, fence, created_at) VALUES ('{new_id()}'"
    calls = (
        "INSERT INTO usage_records (id, query_id, owner_id, source_ids, call_key, node, provider, model, tokens_in,"
        " tokens_out, tokens_cached, tokens_reasoning, outcome, latency_s) VALUES"
    )
    row = "(gen_random_uuid(), gen_random_uuid(), '{}', '{{}}', 'k', 'sql', '{}', 'm', 1, 1, 0, 0, '{}', 1)"
    await change(
        database_url,
        f"{job}, 'run_query', '{new_id()}', 'queued', 0, 0, now() - interval '10 minutes')",
        f"{calls} {row.format(owner, 'openai', 'answered')}, {row.format(owner, 'anthropic', 'failed')}",
    )
    code, findings = await examined(environment)
    warned = {subject for subject, one in findings.items() if one["severity"] == "warning"}
    assert (code, warned) == (0, {"queues", "models", "prices"})
    assert findings["prices"]["found"] == "no known price: openai:m (1 calls)"
    assert "anthropic" in findings["models"]["found"]


@pytest.mark.usefixtures("serving")
async def test_secrets_that_no_key_opens_are_counted(environment: dict[str, str], database: Database) -> None:
    owner, webhook_id = await _user(database), new_id()
    sealed = Vault(["another-key-0123456789-0123456789-0123"]).seal("x", record_id=webhook_id)
    async with database.transaction() as session:
        session.add(Webhook(id=webhook_id, owner_id=owner, url="https://example.com", secret=sealed))
    code, findings = await examined(environment)
    assert (code, findings["keys"]["found"]) == (1, "1 stored secrets are opened by no key")
    assert "AGENTGRAPH_MASTER_PREVIOUS_KEYS" in findings["keys"]["mend"]


@pytest.mark.usefixtures("serving")
async def test_a_changed_audit_log_is_found(
    environment: dict[str, str], settings: Settings, database: Database, database_url: str
) -> None:
    key = audit_key(settings)
    assert key is not None
    async with database.transaction() as session:
        await record(session, None, AuditAction.SIGN_IN_FAILED, "user", "1", after={"n": 1})
    assert await seal_new(database, key) == 1
    _, findings = await examined(environment)
    assert findings["audit"]["found"] == "the newest 1 events hold, 0 are not sealed yet"
    await change(
        database_url, "ALTER TABLE audit_events DISABLE TRIGGER ALL", "UPDATE audit_events SET object_id = '2'"
    )
    code, findings = await examined(environment)
    assert (code, findings["audit"]["found"]) == (1, "the event at 1 is not what was sealed")


async def test_settings_are_judged_without_showing_them(environment: dict[str, str]) -> None:
    code, findings = await examined({**environment, "AGENTGRAPH_JWT_SECRET": "canary", "AGENTGRAPH_PORT": "canary"})
    assert (code, set(findings)) == (1, {"settings"})
    assert "canary" not in json.dumps(findings)
    _, findings = await examined({**environment, "AGENTGRAPH_LOG_LEVLE": "DEBUG"})
    assert findings["settings"]["found"] == "nothing reads AGENTGRAPH_LOG_LEVLE (meant: AGENTGRAPH_LOG_LEVEL?)"


async def test_embedded_servers_of_the_data_folder_are_found(
    environment: dict[str, str], services: EmbeddedUrls, services_folder: Path, tmp_path: Path
) -> None:
    there = {"AGENTGRAPH_DATA_DIR": str(services_folder)}
    _, findings = await examined(there)
    assert (findings["postgresql"]["severity"], findings["valkey"]["severity"]) == ("fine", "fine"), services
    code, findings = await examined({"AGENTGRAPH_DATA_DIR": str(tmp_path / "none")})
    assert (code, findings["settings"]["severity"]) == (1, "problem")
    assert "agentgraph up" in findings["settings"]["mend"]


async def _user(database: Database) -> UUID:
    async with database.transaction() as session:
        user = User(email="ana@example.com", name="Ana", kind="NORMAL", password_hash="x", is_active=True)
        session.add(user)
        await session.flush()
        return user.id
