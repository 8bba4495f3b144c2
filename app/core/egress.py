"""Where connections of users may lead: hosts are resolved once, every address is judged, and a judged one is used."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Self

from app.core.config import Settings
from app.core.errors.databases import EgressRefused, HostUnknown

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to addresses as text; raises OSError."""

RESOLVE_TIMEOUT_S = 5.0
_MAX_HOST = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"))
)
"""Services that hand a machine's own credentials to whoever asks from it: no setting opens them."""
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})


async def resolve(host: str, port: int) -> list[str]:
    """Addresses of `host` by the system's resolver, best first."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What an installation lets its users connect to.

    Addresses that are not public are refused unless `allowed_networks` names them; `denied_networks` goes before it.
    With `allowed_hosts` only those names (and, with a leading dot, what is below them) are let through.
    """

    allowed_networks: tuple[Network, ...] = ()
    denied_networks: tuple[Network, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    denied_hosts: tuple[str, ...] = ()
    resolver: Resolver = resolve

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The rules that the settings give."""
        return cls(
            _networks(settings.egress_allowed_networks),
            _networks(settings.egress_denied_networks),
            tuple(map(str.casefold, settings.egress_allowed_hosts)),
            tuple(map(str.casefold, settings.egress_denied_hosts)),
        )

    async def address(self, host: str, port: int) -> str:
        """The address to connect to for `host`: connect to it and to nothing else, and ask again next time.

        Raises EgressRefused, HostUnknown.
        """
        name = self.name(host)
        addresses = [_unwrapped(ipaddress.ip_address(text)) for text in await self._resolved(name, port)]
        if not addresses:
            raise HostUnknown
        if not all(self._is_open(address) for address in addresses):
            raise EgressRefused
        return str(addresses[0])

    def name(self, host: str) -> str:
        """`host` as it is compared, once the lists of names let it through. Raises EgressRefused."""
        name = host_name(host)
        if name in _METADATA_NAMES or _is_listed(name, self.denied_hosts):
            raise EgressRefused
        if self.allowed_hosts and not _is_listed(name, self.allowed_hosts):
            raise EgressRefused
        return name

    def lets(self, address: str) -> bool:
        """Whether a connection may lead to `address`, which is none but an address written out."""
        known = _as_address(address)
        return known is not None and self._is_open(_unwrapped(known))

    async def _resolved(self, name: str, port: int) -> list[str]:
        if _as_address(name) is not None:
            return [name]
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT_S):
                return await self.resolver(name, port)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise HostUnknown from error

    def _is_open(self, address: Address) -> bool:
        if address in _METADATA or _within(address, self.denied_networks):
            return False
        if _within(address, self.allowed_networks):
            return True
        return address.is_global and not address.is_multicast and not address.is_reserved


def host_name(host: str) -> str:
    """`host` as it is compared: a DNS name in small letters, or an address.

    Everything else is refused: paths, lists, zones, and the many other ways in which resolvers read numbers.
    Raises EgressRefused.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if _as_address(bare) is not None:
        return bare
    name = bare.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise EgressRefused
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        raise EgressRefused
    return name


def _as_address(text: str) -> Address | None:
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, which is where its packets end."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else address


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _is_listed(name: str, listed: Iterable[str]) -> bool:
    return any(name.endswith(entry) if entry.startswith(".") else name == entry for entry in listed)


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)
