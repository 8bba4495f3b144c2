"""HTTP requests to addresses that users give: within the rules for outgoing connections, and to nowhere else."""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from app.core.egress import EgressRules
from app.core.errors.databases import EgressRefused

DEFAULT_PORTS: Final = {"https": 443, "http": 80}


class NotDelivered(Exception):
    """No answer came; `problem` is a stable code: `no_connection`, `timed_out` or `egress_refused`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def parts_of(url: str, *, allow_http: bool) -> SplitResult:
    """The parts of an address that may be written to. Raises EgressRefused for any other form."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EgressRefused from error
    is_allowed = parts.scheme == "https" or (allow_http and parts.scheme == "http")
    if not is_allowed or not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        raise EgressRefused
    return parts


async def address_of(rules: EgressRules, url: str, *, allow_http: bool) -> tuple[SplitResult, str]:
    """The parts of `url` and the one address to connect to now. Raises EgressRefused, HostUnknown."""
    parts = parts_of(url, allow_http=allow_http)
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return parts, await rules.address(parts.hostname or "", port)


async def post(
    rules: EgressRules, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, allow_http: bool
) -> int:
    """Sends `body` and gives the status of the answer, of which nothing else is read; redirects are not followed.

    Connects to the address that was judged, under the name that was given, so that no second look at the name can
    lead elsewhere. Raises NotDelivered.
    """
    try:
        async with asyncio.timeout(timeout_s):
            parts, address = await address_of(rules, url, allow_http=allow_http)
            return await _send(parts, address, body, headers)
    except TimeoutError as error:
        raise NotDelivered("timed_out") from error
    except EgressRefused as error:
        raise NotDelivered("egress_refused") from error
    except (httpx.HTTPError, OSError) as error:
        raise NotDelivered("no_connection") from error


async def _send(parts: SplitResult, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    host = f"[{address}]" if ":" in address else address
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    target = parts._replace(netloc=f"{host}:{port}").geturl()
    named = {**headers, "Host": parts.netloc}
    # No proxy of the environment: it would resolve the name again, and reach what this process may not.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client:  # noqa: S113  (the caller's deadline counts)
        request = client.build_request(
            "POST", target, content=body, headers=named, extensions={"sni_hostname": parts.hostname}
        )
        response = await client.send(request, stream=True)
        await response.aclose()
        return response.status_code
