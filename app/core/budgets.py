"""What budgets are told apart by: whose questions they count, in which unit, and how far they are used."""

from enum import StrEnum


class BudgetScope(StrEnum):
    """Whose questions a budget counts: all of one user's, role's, group's or agent's together."""

    INSTALLATION = "installation"
    GROUP = "group"
    """A MASTER and the users it manages."""
    ROLE = "role"
    USER = "user"
    EACH_USER = "each_user"
    """Every user for themselves."""
    AGENT = "agent"


class BudgetUnit(StrEnum):
    """What is counted."""

    USD = "usd"
    TOKENS = "tokens"
    QUESTIONS = "questions"


class BudgetState(StrEnum):
    """How far a budget is used in its present period."""

    OPEN = "open"
    WARNING = "warning"
    """Beyond its share for warnings."""
    EXHAUSTED = "exhausted"
