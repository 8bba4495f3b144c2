"""What a model call cost, from the installation's own prices or from the public list, and which price that was."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version

from app.agentgraph.context import OwnPrice
from app.agentgraph.llm.registry import ModelSpec

_MILLION = Decimal(1_000_000)
SCALE = Decimal("1e-10")
"""Decimals of a price in US dollars, as many as the ledger keeps."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call; `cached` and `stored` are parts of `read`, and `reasoning` is one of `written`."""

    read: int = 0
    written: int = 0
    cached: int = 0
    reasoning: int = 0
    stored: int = 0
    """Tokens that the provider put into its cache for later calls, which costs more at some."""


NO_TOKENS = Tokens()


@dataclass(frozen=True, slots=True)
class Price:
    """What a call cost; None when it is not known. `version` names the price it follows from."""

    usd: Decimal | None = None
    version: str | None = None


UNKNOWN = Price()
NOTHING = Price(Decimal(0))
"""Of a call that the provider refused: nobody bills for it."""


def price_of(spec: ModelSpec, tokens: Tokens, own: OwnPrice | None, *, at: datetime) -> Price:
    """The price of a call that was made `at` that moment; the installation's `own` goes before the public list."""
    if own is None:
        return _listed_price(spec, tokens, at)
    fresh = tokens.read - tokens.cached
    cached_usd = own.read_usd if own.cached_usd is None else own.cached_usd
    total = own.read_usd * fresh + cached_usd * tokens.cached + own.written_usd * tokens.written
    return Price((total / _MILLION).quantize(SCALE), own.version)


def _listed_price(spec: ModelSpec, tokens: Tokens, at: datetime) -> Price:
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=tokens.read,
        cache_read_tokens=tokens.cached,
        cache_write_tokens=tokens.stored,
        output_tokens=tokens.written,
    )
    provider = spec.prices or spec.provider.value
    try:
        price = calc_price(usage, spec.model, provider_id=provider, genai_request_timestamp=at).total_price
    except LookupError:
        return UNKNOWN
    return Price(Decimal(price).quantize(SCALE), _list_version())


@cache
def _list_version() -> str:
    return f"genai-prices {version('genai-prices')}"
