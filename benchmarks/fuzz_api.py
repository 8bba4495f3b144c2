"""The whole OpenAPI document against the running product, as everybody: `make fuzz SECONDS=120 SEED=1`.

Schemathesis makes requests from the document, right and wrong ones. An answer fails when it is a server error, when its
status, media type or headers are not documented, or when its body is not as its schema says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.figures import report
from benchmarks.system import Asker, System, running_system, sign_up

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
LEFT_OUT: Final = "/api/v1/auth/logout"
"""Would end the sign-in that the others are asked with."""
REQUEST_TIMEOUT_S: Final = 90
SETTINGS: Final = {"ACCESS_TOKEN_TTL_S": "3600", "SYNC_LIMIT_S": "5", "STATEMENT_TIMEOUT_S": "5"}
API: Final = "/api/v1"
ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody in whose name the document is gone through, and the ids of what they have."""

    name: str
    headers: Mapping[str, str]
    ids: Mapping[str, list[str]] = field(default_factory=dict)


def main() -> None:
    """Goes through the document as everybody; exit code 1 when an answer failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, help="Time for all callers together.")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with running_system({f"AGENTGRAPH_{name}": value for name, value in SETTINGS.items()}) as system:
        callers = _callers(system)
        share = max(30, arguments.seconds // len(callers))
        document = system.data_dir.parent / "openapi.json"
        document.write_bytes(httpx.get(f"{system.url}/openapi.json", timeout=60).raise_for_status().content)
        failed, asked = [], 0
        for caller in callers:
            code, count = _fuzz(system, document, caller, share, arguments.seed)
            asked += count
            if code:
                failed.append(caller.name)
        log = (system.data_dir.parent / "log").read_text(errors="replace")
    report("requests", asked, "requests", callers=len(callers), failed=failed)
    report("tracebacks in the log", log.count("Traceback"), "entries", target="0")
    if failed or "Traceback" in log:
        sys.exit(f"failed as {', '.join(failed)}\n{_tracebacks(log)}")


def _callers(system: System) -> list[Caller]:
    """A stranger, a NORMAL user, a MASTER and the ADMIN, each with something of every sort."""
    with httpx.Client(base_url=f"{system.url}{API}", timeout=60) as client:
        sign_in = {"email": system.admin["admin_email"], "password": system.admin["admin_password"]}
        token = client.post("/auth/login", json=sign_in).raise_for_status().json()["access_token"]
        admin = {"Authorization": f"Bearer {token}"}
        normal, master, spare = (sign_up(client, number, {}) for number in range(3))
        master_id = client.get("/users/me", headers=master.headers).raise_for_status().json()["id"]
        client.put(f"/users/{master_id}", json={"kind": "MASTER"}, headers=admin).raise_for_status()
        return [
            Caller("stranger", {}, _ids(client, normal)),
            Caller("NORMAL", normal.headers, _ids(client, normal)),
            Caller("MASTER", master.headers, {**_ids(client, master), **_people(client, master.headers)}),
            Caller("ADMIN", admin, {**_ids(client, spare), **_people(client, admin)}),
        ]


def _ids(client: httpx.Client, asker: Asker) -> dict[str, list[str]]:
    """Ids of one's things by the names that parameters and fields have; of some there are several, to be deleted."""
    headers = asker.headers
    file_ids = [item["id"] for item in client.get("/files/", headers=headers).raise_for_status().json()["items"]]
    agents, sessions, queries = [asker.agent_id], [], []
    for _ in range(3):
        agents.append(_made(client, f"/agents/{asker.agent_id}/clone", {}, headers))
        sessions.append(_made(client, "/sessions/", {"agent_id": asker.agent_id}, headers))
        question = {"agent_id": asker.agent_id, "question": "how many rows are there?"}
        queries.append(_made(client, "/queries/execute", question, headers))
    keys = [_made(client, "/auth/api-keys", {"name": "k", "scopes": ["files:read"]}, headers)]
    return {"file_id": file_ids, "agent_id": agents, "session_id": sessions, "query_id": queries, "key_id": keys}


def _people(client: httpx.Client, headers: Mapping[str, str]) -> dict[str, list[str]]:
    """Ids of users and roles that one manages."""
    name = headers["Authorization"][-8:].lower().replace("_", "x").replace("-", "x")
    users = [
        {"email": f"{name}{number}@example.com", "name": "U", "password": f"correct horse {number} battery"}
        for number in range(3)
    ]
    role = {"name": f"Role {name}", "permissions": ["files:read"]}
    return {
        "user_id": [_made(client, "/users/", user, headers) for user in users],
        "role_id": [_made(client, "/roles/", role, headers)],
    }


def _made(client: httpx.Client, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    made: str = client.post(path, json=body, headers=headers).raise_for_status().json()["id"]
    return made


def _fuzz(system: System, document: Path, caller: Caller, seconds: int, seed: int) -> tuple[int, int]:
    """Goes through the document as one caller; gives schemathesis' exit code and the number of requests."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-fuzz-") as folder:
        events = Path(folder) / "events.ndjson"
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            str(document),
            *("--url", system.url),
            *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(seconds), "--seed", str(seed), "--request-timeout", str(REQUEST_TIMEOUT_S)),
            *("--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off", "--no-shrink"),
            *("--no-color", "--report", "ndjson", "--report-ndjson-path", str(events)),
            *[part for name, value in caller.headers.items() for part in ("-H", f"{name}:{value}")],
            *(("--exclude-path", LEFT_OUT) if caller.headers else ()),
        ]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "benchmarks.fuzz_hooks",
            "AGENTGRAPH_FUZZ_IDS": json.dumps(caller.ids),
            "AGENTGRAPH_FUZZ_SEED": str(seed),
        }
        print(f"\n{caller.name}:", flush=True)
        done = subprocess.run(command, env=environment, cwd=folder, check=False)
        return done.returncode, events.read_text(encoding="utf-8").count('"status_code"')


def _tracebacks(log: str) -> str:
    pieces = log.split("Traceback")[1:]
    return "\n".join(f"Traceback{piece[:3000]}" for piece in pieces[:5])


if __name__ == "__main__":
    main()
