"""Stable names of the gate's rules, and the refusal that carries one of them."""

from enum import StrEnum

from app.core.errors import RefusedByPolicy


class Rule(StrEnum):
    """Which rule refused a statement; the values are part of the API."""

    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    CHARACTER = "forbidden_character"
    EXECUTABLE_COMMENT = "executable_comment"
    MULTIPLE_STATEMENTS = "multiple_statements"
    NOT_A_QUERY = "not_a_query"
    CONSTRUCT = "forbidden_construct"
    RESERVED_WORD = "reserved_word"
    FUNCTION = "forbidden_function"
    QUALIFIED_CALL = "qualified_call"
    TABLE = "forbidden_table"
    SYSTEM_TABLE = "system_table"
    LOCKING = "locking"
    HINT = "forbidden_hint"
    UNBOUNDED_RECURSION = "unbounded_recursion"
    CARTESIAN_PRODUCT = "cartesian_product"
    EXPANSION = "too_many_expansions"
    SIZE = "size_limit"
    ATTRIBUTE = "missing_attribute"


def refuse(rule: Rule, reason: str) -> RefusedByPolicy:
    """The error for a statement that `rule` stops; `reason` is a short English phrase without catalogue facts."""
    return RefusedByPolicy(rule=rule.value, reason=reason)
