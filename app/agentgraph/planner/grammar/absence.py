"""Rows without related rows: `stadiums that did not have a concert in 2014`, `alunos sem animais`."""

from app.agentgraph.planner.frame import Condition, Filter, Related
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role


def read_absence(draft: Draft) -> None:
    """Takes a negation before another table's name, with the conditions after it that are about that table."""
    for item in draft.items.of_role(Role.WITHOUT, Role.NOT):
        named = _table_after(draft, item)
        table = draft.table(named)
        if named is None or table is None or table.name == draft.main.name:
            continue
        inner = [(at, c) for at, c in draft.where if at > item.start and _is_about_another(draft, c)]
        draft.where = [entry for entry in draft.where if entry not in inner]
        conditions = tuple(c for _, c in inner if isinstance(c, Condition))
        nested = [c for _, c in inner if isinstance(c, Related)]
        conditions += tuple(inside for related in nested for inside in related.where)
        draft.where.append((item.start, Related(draft.main.name, table.name, conditions)))
        draft.use(item, named)


def _table_after(draft: Draft, item: Item) -> Item | None:
    for other in draft.items.following(item)[:6]:
        if draft.table(other) is not None and not other.used:
            return other
        if not (other.is_silent or other.is_unknown or other.is_(Role.BY, Role.OR)):
            return None
    return None


def _is_about_another(draft: Draft, condition: Filter) -> bool:
    if isinstance(condition, Condition):
        return condition.column.table != draft.main.name
    return isinstance(condition, Related)
