"""Whose requests count against which limit, and how wrong passwords slow their sender down and nobody else."""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.actor import Actor
from app.core.config import Settings
from app.core.limits import Limiter, Policy, Standing, Use, network_of, refuse_spent

MINUTE_S: Final = 60
SAME_ACCOUNT_AND_ADDRESS: Final = ((1, 60), (2, 600), (4, 3600))
"""Wrong passwords of one address for one account: multiples of the setting in so many seconds. The wait grows."""
SAME_ADDRESS: Final = ((12, 60), (60, 3600))
"""Wrong passwords of one address for all accounts together: one password tried on many of them."""
SAME_ACCOUNT: Final = ((2, 60),)
"""Wrong passwords for one account from addresses where it has not been signed in: never a wait of more than a minute
or two, so that strangers keep nobody out."""


async def count_actor(limiter: Limiter, settings: Settings, actor: Actor) -> list[Standing]:
    """Counts a request of `actor`, for the person and for the key that was used."""
    uses = _uses("user", settings.requests_per_minute_user, str(actor.user_id))
    if actor.api_key_id is not None:
        uses += _uses("key", settings.requests_per_minute_key, str(actor.api_key_id))
    return await limiter.take(uses)


async def count_address(limiter: Limiter, settings: Settings, address: str | None) -> list[Standing]:
    """Counts a request of somebody who did not say who they are, or not truly."""
    return await limiter.take(_uses("address", settings.requests_per_minute_address, network_of(address)))


async def begin_sign_in(
    limiter: Limiter, settings: Settings, *, account: str, address: str | None, is_known: bool
) -> Sequence[Use]:
    """Counts a try before its password is looked at; give what comes back to `Limiter.give_back` when it was right.

    `account` is what was typed, whether such an account exists or not. `is_known`: it was signed in from there before.
    Raises RateLimited.
    """
    network, who = network_of(address), hashlib.sha256(account.casefold().encode()).hexdigest()[:32]
    uses = _tries("sign-in", settings, SAME_ACCOUNT_AND_ADDRESS, f"{who}:{network}")
    uses += _tries("sign-in-address", settings, SAME_ADDRESS, network)
    if not is_known:
        uses += _tries("sign-in-account", settings, SAME_ACCOUNT, who)
    refuse_spent(await limiter.take(uses))
    return uses


async def begin_proof(limiter: Limiter, settings: Settings, user_id: UUID) -> Sequence[Use]:
    """Counts a try of somebody who is signed in and proves again who they are; as above. Raises RateLimited."""
    uses = _tries("proof", settings, SAME_ACCOUNT_AND_ADDRESS, str(user_id))
    refuse_spent(await limiter.take(uses))
    return uses


def _uses(name: str, limit: int, who: str) -> list[Use]:
    return [Use(Policy(name, limit, MINUTE_S), who)] if limit else []


def _tries(name: str, settings: Settings, windows: Sequence[tuple[int, int]], who: str) -> list[Use]:
    tries = settings.sign_in_tries
    return [Use(Policy(name, times * tries, span_s), who) for times, span_s in windows if tries]
