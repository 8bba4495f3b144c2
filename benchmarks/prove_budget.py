"""`make prove-budget`: fifty questions at once with a budget for ten, and fifty with a budget in dollars for a few.

The first stops at the door, the second at the call that it does not cover. Prints the calls that reached the provider
and what the refusals say. Exit code 1 when more was let through, when ledger and provider count differently, or when a
refusal does not name the budget.
"""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import httpx

from benchmarks.figures import report
from benchmarks.system import TABLE, Asker, System, fake_providers, provider_settings, running_system, sign_up

MODEL: Final = "openai:gpt-4o-mini"
MANY: Final = 50
COVERED: Final = 10
DOLLARS: Final = Decimal("0.01")
"""A call of such a question reserves about a seventh of it, and costs a tenth of that."""
TIMEOUT_S: Final = 120.0
AMOUNTS: Final = {"questions": Decimal(COVERED), "usd": DOLLARS}


@dataclass(frozen=True, slots=True)
class Place:
    """The installation with its administrator, and the protocol server that stands for the provider."""

    client: httpx.AsyncClient
    admin: dict[str, str]
    models: str

    async def calls(self) -> int:
        """Requests that have reached the provider so far."""
        async with httpx.AsyncClient(base_url=self.models, timeout=TIMEOUT_S) as models:
            return len((await models.get("/log")).raise_for_status().json())

    async def set_budget(self, owner_id: str, unit: str) -> str:
        """A budget of one person; gives its id."""
        body = {"scope": "user", "subject_id": owner_id, "unit": unit, "period": "month", "amount": str(AMOUNTS[unit])}
        made = await self.client.post("/admin/budgets", json=body, headers=self.admin)
        return str(made.raise_for_status().json()["id"])


def question(number: int) -> str:
    """Question `number`, which no other resembles to the cache."""
    return f"How many days had more than {number} mm of rain?"


async def ask_all(client: httpx.AsyncClient, asker: Asker) -> list[httpx.Response]:
    """All questions at once; what a busy machine cannot take is sent again when it says so."""

    async def ask(number: int) -> httpx.Response:
        body = {"agent_id": asker.agent_id, "question": question(number)}
        while True:
            answer = await client.post("/queries/execute", json=body, headers=asker.headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(float(answer.headers.get("retry-after", 1)))

    return await asyncio.gather(*(ask(number) for number in range(MANY)))


async def spend(place: Place, asker: Asker, unit: str) -> dict[str, int]:
    """Fifty questions against one budget; prints what came of them, and gives what must be zero."""
    mine = asker.headers
    me = (await place.client.get("/users/me", headers=mine)).raise_for_status().json()
    budget_id = await place.set_budget(me["id"], unit)
    before = await place.calls()
    answers = await ask_all(place.client, asker)
    calls = await place.calls() - before
    total = (await place.client.get("/users/me/usage", headers=mine)).raise_for_status().json()["total"]
    budget = (await place.client.get(f"/admin/budgets/{budget_id}", headers=place.admin)).raise_for_status().json()
    problems = [problem_of(answer) for answer in answers if answer.status_code != httpx.codes.OK]
    answered = MANY - len(problems)
    report(f"{unit}_calls_that_reached_the_provider", calls, "calls", budget=budget["amount"], used=budget["used"])
    report(f"{unit}_answered", answered, "questions", ledger_calls=total["calls"], cost_usd=total["cost_usd"])
    for text, times in Counter(str(problem.get("detail")) for problem in problems).items():
        report(f"{unit}_refused", times, "questions", detail=text)
    return {
        f"{unit}_beyond_the_budget": int(Decimal(budget["used"]) > Decimal(budget["amount"])),
        f"{unit}_still_reserved": int(Decimal(budget["reserved"]) != 0),
        f"{unit}_calls_unlike_the_ledger": abs(calls - total["calls"]),
        f"{unit}_refusals_without_the_budget": sum(
            (problem.get("code"), problem.get("budget_id")) != ("budget_exhausted", budget_id) for problem in problems
        ),
        f"{unit}_answered_too_many": max(0, answered - COVERED) if unit == "questions" else 0,
    }


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """The problem of a refusal, or the error of a question that was stopped on its way."""
    found: dict[str, Any] = answer.json()
    error: dict[str, Any] = found.get("error") or found
    return {**error, **error.get("fields", {})}


async def prove(system: System, models: str, askers: list[Asker]) -> dict[str, int]:
    """What must be zero, by name."""
    limits = httpx.Limits(max_connections=MANY + 5)
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S, limits=limits) as client:
        secret = {"email": system.admin["admin_email"], "password": system.admin["admin_password"]}
        token = (await client.post("/auth/login", json=secret)).raise_for_status().json()["access_token"]
        place = Place(client, {"Authorization": f"Bearer {token}"}, models)
        zeros: dict[str, int] = {}
        for unit, asker in zip(AMOUNTS, askers, strict=True):
            zeros |= await spend(place, asker, unit)
        return zeros


def main() -> int:
    """Prints what came of it; 1 when something is not zero that has to be."""
    table = {question(n): f"SELECT count(*) AS n FROM {TABLE} WHERE precipitation > {n}" for n in range(MANY)}
    with fake_providers(table, latency_s=0.3) as urls, running_system(provider_settings(urls)) as system:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
            agent = {"model": MODEL, "charts_enabled": False}
            askers = [sign_up(client, number, agent) for number, _ in enumerate(AMOUNTS)]
        zeros = asyncio.run(prove(system, urls["control"], askers))
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


if __name__ == "__main__":
    sys.exit(main())
