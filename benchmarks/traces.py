"""A trace that an installation has sent, drawn as a tree."""

from collections.abc import Mapping

from tests.fakes.collector import GotSpan

TOLD = ("db.operation.name", "gen_ai.request.model", "messaging.destination.name", "http.response.status_code")
"""Attributes that say more than the name of a span."""


def draw(spans: Mapping[str, GotSpan], parent_id: str, depth: int = 0) -> list[str]:
    """The tree below a span, one line each, in order of time."""
    children = sorted((span for span in spans.values() if span.parent_id == parent_id), key=lambda one: one.started_ns)
    lines = []
    for child in children:
        took_ms = (child.ended_ns - child.started_ns) / 1e6
        more = "".join(f", {child.attributes[name]}" for name in TOLD if name in child.attributes)
        failed = ", failed" if child.is_failed else ""
        lines.append(f"{'  ' * depth}{child.name} ({child.service}, {took_ms:.1f} ms{more}{failed})")
        lines += draw(spans, child.id, depth + 1)
    return lines


def root_of(spans: Mapping[str, GotSpan]) -> GotSpan:
    """The span on which all others hang. Raises ValueError when there is not exactly one."""
    (root,) = [span for span in spans.values() if span.parent_id not in spans]
    return root
