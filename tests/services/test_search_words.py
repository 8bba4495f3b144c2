"""Which exchanges the index over words is asked for."""

import random
import re

import pytest

from app.repositories.search import with_enough


def clauses(stems: list[str]) -> list[set[str]]:
    return [set(re.findall(r"'\w+'", clause)) for clause in with_enough(stems).split(" | ")]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7, 12, 13, 40])
def test_whoever_has_half_of_the_words_is_found(count: int) -> None:
    stems = [f"'word{number}'" for number in range(count)]
    asked, chance = clauses(stems), random.Random(count)
    for _ in range(200):
        had = set(chance.sample(stems, (count + 1) // 2))
        assert any(clause <= had for clause in asked), had


@pytest.mark.parametrize("count", [3, 4, 5, 6])
def test_of_few_words_nobody_is_found_who_has_less_than_half(count: int) -> None:
    stems = [f"'word{number}'" for number in range(count)]
    chance = random.Random(count)
    for _ in range(50):
        had = set(chance.sample(stems, (count + 1) // 2 - 1))
        assert not any(clause <= had for clause in clauses(stems)), had


def test_words_with_a_stem_of_either_language_stay_together() -> None:
    assert with_enough(["'nam' | 'name'", "'pais'"]) == "('nam' | 'name') | ('pais')"
    assert with_enough(["'nam' | 'name'", "'pais'", "'dog'"]).split(" & ")[0] == "('nam' | 'name')"
    assert with_enough([]) == ""
