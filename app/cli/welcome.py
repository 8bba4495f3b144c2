"""What `agentgraph up` shows when all runs: on the first start an example question answered, and who may sign in.

It talks to the API over HTTP, as any client would.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from app.cli import accounts
from app.core.config import Settings

EXAMPLE_FILE = Path(__file__).parents[2] / "examples" / "data" / "seattle-weather.csv"
EXAMPLE_QUESTION = "How many days of each weather were there?"
POLL_S = 0.2
EXAMPLE_LIMIT_S = 60.0
SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Admin:
    """The administrator that this start created; the password is shown once and kept nowhere."""

    email: str
    password: str


def wait_until_ready(url: str, limit_s: float) -> None:
    """Returns when the API can serve. Raises TimeoutError after `limit_s` seconds."""

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/readyz", timeout=2.0).is_success
        except httpx.HTTPError:
            return False

    _wait(ready, limit_s, "The API is not ready")


async def first_admin(settings: Settings) -> Admin | None:
    """Creates the administrator of a new installation; None when there is one already."""
    if await accounts.has_admin(settings):
        return None
    admin = Admin(settings.admin_email, accounts.generate_password())
    await accounts.add_admin(settings, email=admin.email, name="Administrator", password=admin.password)
    return admin


def show_example(url: str, admin: Admin) -> None:
    """Loads the example data for the administrator, asks one question and prints the answer."""
    console = Console(highlight=False)
    with httpx.Client(base_url=f"{url}/api/v1", timeout=EXAMPLE_LIMIT_S) as client:
        tokens = _post(client, "/auth/login", {"email": admin.email, "password": admin.password})
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        console.print(f"Loading the example data ({EXAMPLE_FILE.name}) ...")
        file_id = _upload(client)
        agent = _post(client, "/agents/", {"name": "Weather in Seattle", "source_ids": [file_id]})
        answer = _post(client, "/queries/execute", {"agent_id": agent["id"], "question": EXAMPLE_QUESTION})
    _print_answer(console, answer)


def greet(url: str, admin: Admin | None) -> None:
    """Prints where the system is and, on the first start only, how to sign in."""
    lines = [f"API            {url}/api/v1", f"Documentation  {url}/docs"]
    if admin is not None:
        lines += [f"Administrator  {admin.email}", f"Password       {admin.password}   (shown only now)"]
    lines += ["", "Ctrl-C stops everything."]
    Console(highlight=False, width=90).print(Panel("\n".join(lines), title="AgentGraph is ready", expand=False))


def _upload(client: httpx.Client) -> str:
    with EXAMPLE_FILE.open("rb") as content:
        response = client.post("/files/upload", files={"file": (EXAMPLE_FILE.name, content, "text/csv")})
    file_id: str = response.raise_for_status().json()["id"]

    def loaded() -> bool:
        status = client.get(f"/files/{file_id}/status").raise_for_status().json()
        if status["state"] == "failed":
            raise RuntimeError(f"The example file could not be loaded: {status['error']}")
        return bool(status["state"] == "ready")

    _wait(loaded, EXAMPLE_LIMIT_S, "The example file was not loaded")
    return file_id


def _post(client: httpx.Client, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, json=body).raise_for_status().json()
    return answer


def _print_answer(console: Console, answer: Mapping[str, Any]) -> None:
    result = answer["result"]
    table = Table(*(column["name"] for column in result["columns"]))
    for row in result["rows"][:SHOWN_ROWS]:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(f"\nQuestion  {EXAMPLE_QUESTION}\nSQL       {answer['sql']}", markup=False)
    console.print(table)
    console.print(f"{answer['answer']}\n", markup=False)


def _wait(done: Callable[[], bool], limit_s: float, complaint: str) -> None:
    deadline = time.monotonic() + limit_s
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint} after {limit_s:g} s")
        time.sleep(POLL_S)
