"""A query that the processing agent proposed and that passed the gate and the dry run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The checked SQL with what its author took for granted."""

    sql: str
    assumptions: tuple[str, ...]
    notes: str
