"""The children that speak to databases through SQLAlchemy."""

from app.connectors.child_pool import ChildPool
from app.core.egress import EgressRules

_ADDRESS_BYTES = 4 * 1024**3
"""Drivers of clouds bring large libraries; what a statement gives is bounded by its caps."""
_PROCESSORS = 2


class DialectPool(ChildPool):
    """Children that start with the first statement, and connect where `rules` let them and nowhere else."""

    def __init__(self, rules: EgressRules, *, children: int = 2, grace_s: float = 0.5, max_waiting: int = 1000) -> None:
        setup = {
            "engine": "dialect",
            "address_bytes": _ADDRESS_BYTES,
            "cpu_factor": _PROCESSORS,
            "allowed_networks": [str(network) for network in rules.allowed_networks],
            "denied_networks": [str(network) for network in rules.denied_networks],
            "allowed_hosts": rules.allowed_hosts,
            "denied_hosts": rules.denied_hosts,
        }
        super().__init__(setup, children=children, grace_s=grace_s, max_waiting=max_waiting)
