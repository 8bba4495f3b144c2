"""What a model call cost, from the public price list or from the installation's own prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.agentgraph.llm.registry import ModelSpec

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call; `cached` is the part of `read` that the provider had in its cache."""

    read: int = 0
    written: int = 0
    cached: int = 0


def price_usd(spec: ModelSpec, tokens: Tokens, own: Mapping[str, tuple[float, float]] | None) -> Decimal | None:
    """The price in USD; None when it is not known. An own price counts cached tokens as read ones."""
    if own and spec.id in own:
        price_in, price_out = (Decimal(str(price)) for price in own[spec.id])
        return (price_in * tokens.read + price_out * tokens.written) / _MILLION
    return _listed_price(spec, tokens)


def _listed_price(spec: ModelSpec, tokens: Tokens) -> Decimal | None:
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=tokens.read, cache_read_tokens=tokens.cached, output_tokens=tokens.written)
    try:
        price = calc_price(usage, spec.model, provider_id=spec.prices or spec.provider.value).total_price
    except LookupError:
        return None
    return Decimal(price).quantize(Decimal("1e-10"))
