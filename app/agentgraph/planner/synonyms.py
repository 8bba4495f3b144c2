"""Groups of words that mean the same in data, in Portuguese and English, so that questions reach names in the other."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from app.agentgraph.planner.synonym_values import VALUE_GROUPS
from app.agentgraph.planner.words import singular, stems

_NAMES: Final = (Path(__file__).parent / "synonym_groups.txt").read_text("utf-8").splitlines()
"""Groups of words that name things; empty lines and those after a `#` are none."""
_ALL = (*(line for line in _NAMES if line and not line.startswith("#")), *VALUE_GROUPS)


@lru_cache(maxsize=1)
def _groups_by_stem() -> dict[str, frozenset[int]]:
    index: dict[str, set[int]] = {}
    for number, line in enumerate(_ALL):
        for word in line.split():
            for stem in stems(word):
                index.setdefault(stem, set()).add(number)
    return {stem: frozenset(groups) for stem, groups in index.items()}


@lru_cache(maxsize=65_536)
def groups_of(word: str) -> frozenset[int]:
    """The numbers of the groups that a folded word belongs to in any of its forms; several words join by `_`."""
    index = _groups_by_stem()
    found: set[int] = set()
    for stem in stems(word):
        found |= index.get(stem, frozenset())
    return frozenset(found)


def compound_of(words: Iterable[str]) -> str | None:
    """Folded words as the groups hold them, joined by `_`, their plurals undone; None when no group does."""
    written = list(words)
    for forms in (written, [singular(word) for word in written], [*written[:-1], singular(written[-1])]):
        joined = "_".join(forms)
        if joined in _groups_by_stem():
            return joined
    return None


@lru_cache(maxsize=65_536)
def equivalents(word: str) -> tuple[str, ...]:
    """The other words of the groups of `word`, in the order of the groups."""
    own = stems(word)
    words = [other for group in sorted(groups_of(word)) for other in _ALL[group].split()]
    return tuple(dict.fromkeys(other.replace("_", " ") for other in words if not stems(other) & own))
