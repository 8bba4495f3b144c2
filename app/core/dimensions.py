"""What model calls can be told apart by when their costs are added up."""

from enum import IntFlag, StrEnum
from typing import Final


class CostsBy(StrEnum):
    """What costs are told apart by."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"
    AGENT = "agent"
    SOURCE = "source"
    MODEL = "model"
    PROVIDER = "provider"
    NODE = "node"
    DAY = "day"
    HOUR = "hour"


class OwnCostsBy(StrEnum):
    """The same for one's own."""

    AGENT = "agent"
    SOURCE = "source"
    MODEL = "model"
    PROVIDER = "provider"
    NODE = "node"
    DAY = "day"
    HOUR = "hour"


class MeteredBy(StrEnum):
    """What metered work is told apart by."""

    USER = "user"
    DAY = "day"


class Trait(IntFlag):
    """What the calls of one question differ in; everything else they share."""

    PROVIDER = 1
    MODEL = 2
    NODE = 4


TRAITS_OF: Final = {
    CostsBy.PROVIDER: Trait.PROVIDER,
    CostsBy.MODEL: Trait.PROVIDER | Trait.MODEL,
    CostsBy.NODE: Trait.NODE,
}
"""The traits that tell groups apart; of the other groupings, none."""
EVERY_OPENING: Final = 255


def opening(traits: Trait) -> int:
    """The bit of a call that is the first of its question among those with its values of `traits`.

    A call is the first of all (`Trait(0)`), the first to its provider, of its step, and so on: eight bits. Counting the
    calls with one bit counts questions once each, however many calls a question has and however sums are put together.
    """
    return 1 << traits.value


def taken_by(alike: Trait) -> int:
    """The openings that an earlier call of the question leaves to no call that is alike in these traits."""
    return sum(opening(Trait(traits)) for traits in range(8) if traits & alike.value == traits)
