"""What the time of a login tells, and what a storm of logins does to everybody else: `make bench-login TRIES=200`.

An unknown e-mail and a wrong password must take the same time. Both are tried in turn, so that whatever else the
machine does meets both alike, and compared by the Mann-Whitney U test: a p-value that is not small tells nothing apart.
"""

import argparse
import math
import secrets
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.figures import percentile, report
from benchmarks.system import running_system, signed_up

API = "/api/v1"
WARM_UP = 20
STORM = 20
"""Logins at once in a storm."""
STORM_S = 15.0
PROBE_EVERY_S = 0.05
PERSON = "user1@example.com"


def main() -> None:
    """Prints the figures; nothing is asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tries", type=int, nargs="?", default=200)
    tries: int = parser.parse_args().tries
    with running_system() as system, httpx.Client(base_url=f"{system.url}{API}", timeout=60) as client:
        headers = signed_up(client, 1)
        _compare(client, tries)
        _storm(client, f"{system.url}{API}", headers)


def _compare(client: httpx.Client, tries: int) -> None:
    for _ in range(WARM_UP):
        _login_ms(client, PERSON)
    unknown, wrong = [], []
    for _ in range(tries):
        unknown.append(_login_ms(client, f"{secrets.token_hex(4)}@example.com"))
        wrong.append(_login_ms(client, PERSON))
    medians = statistics.median(unknown), statistics.median(wrong)
    report("login of an unknown user, median", medians[0], "ms", tries=tries)
    report("login with a wrong password, median", medians[1], "ms", tries=tries)
    apart = abs(medians[0] - medians[1]) / max(medians) * 100
    report("medians apart", apart, "%", target="< 10")
    report("Mann-Whitney U, two-sided p", mann_whitney_p(unknown, wrong), "", target=">= 0.05")


def _login_ms(client: httpx.Client, email: str) -> float:
    started = time.perf_counter()
    answer = client.post("/auth/login", json={"email": email, "password": "not the right one"})
    took = (time.perf_counter() - started) * 1000
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        raise RuntimeError(f"a wrong login was answered {answer.status_code}: {answer.text}")
    return took


def _storm(client: httpx.Client, url: str, headers: dict[str, str]) -> None:
    idle = _probe_ms(client, headers, STORM_S / 3)
    over, answered = threading.Event(), []

    def attack() -> None:
        with httpx.Client(base_url=url, timeout=60) as attacker:
            while not over.is_set():
                body = {"email": f"{secrets.token_hex(4)}@example.com", "password": "not the right one"}
                answered.append(attacker.post("/auth/login", json=body).status_code)

    with ThreadPoolExecutor(STORM) as pool:
        attacks = [pool.submit(attack) for _ in range(STORM)]
        time.sleep(1)
        stormy = _probe_ms(client, headers, STORM_S)
        over.set()
        for each in attacks:
            each.result()
    report("other route, p95 when idle", percentile(idle, 95), "ms", requests=len(idle))
    report(
        "other route, p95 in a login storm", percentile(stormy, 95), "ms", target="<= 2 x idle", requests=len(stormy)
    )
    statuses = {str(status): answered.count(status) for status in sorted(set(answered))}
    report("logins answered in the storm", len(answered) / (STORM_S + 1), "1/s", statuses=statuses)


def _probe_ms(client: httpx.Client, headers: dict[str, str], seconds: float) -> list[float]:
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        client.get("/users/me", headers=headers).raise_for_status()
        took.append((time.perf_counter() - started) * 1000)
        time.sleep(PROBE_EVERY_S)
    return took


def mann_whitney_p(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p-value of the U test by its normal approximation, good from some 20 values each on.

    Source: Mann and Whitney (1947); no correction for ties, which times of this resolution hardly have.
    """
    ranked = sorted([(value, True) for value in first] + [(value, False) for value in second])
    rank_sum = sum(rank for rank, (_, is_first) in enumerate(ranked, start=1) if is_first)
    count, other = len(first), len(second)
    u = rank_sum - count * (count + 1) / 2
    spread = math.sqrt(count * other * (count + other + 1) / 12)
    return math.erfc(abs(u - count * other / 2) / spread / math.sqrt(2))


if __name__ == "__main__":
    main()
