"""Content negotiation: which of the forms that a route can give the client prefers (RFC 9110, 12.5.1)."""

from collections.abc import Sequence


def preferred(accept: str | None, offers: Sequence[str]) -> str:
    """The media type of `offers` that `accept` weighs highest; the first when none fits or nothing is said."""
    ranges = [_range(part) for part in (accept or "*/*").split(",")]
    weights = [max((_weight(offer, kind, quality) for kind, quality in ranges), default=(0, 0.0)) for offer in offers]
    best = max(range(len(offers)), key=lambda i: (weights[i][1], weights[i][0], -i))
    return offers[best] if weights[best][1] > 0 else offers[0]


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return kind.lower(), float(value)
            except ValueError:
                return kind.lower(), 0.0
    return kind.lower(), 1.0


def _weight(offer: str, kind: str, quality: float) -> tuple[int, float]:
    """How exactly and how much a media range wants `offer`."""
    if kind == offer:
        return 2, quality
    if kind == f"{offer.split('/', maxsplit=1)[0]}/*":
        return 1, quality
    return (0, quality) if kind == "*/*" else (0, 0.0)
