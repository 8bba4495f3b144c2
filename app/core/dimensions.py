"""What model calls can be told apart by when their costs are added up."""

from enum import StrEnum


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
