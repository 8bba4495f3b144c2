"""Rows without related rows: `stadiums that did not have a concert in 2014`, `alunos sem animais`."""

from app.agentgraph.planner.frame import Condition, Filter, Related
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.words import fold

_VERB = 0.9
_EXCEPT = ("except", "excluding", "exceto", "excluindo", "fora", "tirando", "com excecao", "menos")


def read_absence(draft: Draft) -> None:
    """Takes a negation before another table's name, with the conditions after it that are about that table."""
    for item in draft.items.of_role(Role.WITHOUT, Role.NOT):
        named = _table_after(draft, item) if not item.used else None
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
        use_negation(draft, item, named)
        _use_beyond(draft, named)


def use_negation(draft: Draft, item: Item, named: Item) -> None:
    """Takes `não visitaram nenhum`: negations said twice and the verb between them say no more than one."""
    before = draft.items.before(item)
    doubled = [o for o in (before, *draft.items.following(item)) if o is not None and o.start < named.start]
    verbs = [o for o in doubled if o.is_unknown and o is not before]
    if not verbs and before is not None and before.is_unknown:
        earlier = draft.items.before(before)
        verbs = [before] if earlier is not None and earlier.is_(Role.NOT) else []
        doubled += [earlier] if earlier is not None else []
    draft.use(*[o for o in doubled if o.is_(Role.NOT, Role.WITHOUT)])
    if len(verbs) == 1:
        draft.use(*verbs)
        draft.doubt(_VERB)


def _use_beyond(draft: Draft, named: Item) -> None:
    """Takes a table right after the one that is absent: `not arranged to teach courses`, `não visitou nenhum museu`."""
    doubled: list[Item] = []
    for other in draft.items.following(named)[:4]:
        if draft.table(other) is not None and not other.used:
            draft.use(other, *doubled)
        elif other.is_(Role.NOT, Role.WITHOUT):
            doubled.append(other)
        elif not (other.is_silent or other.is_(Role.SOFT, Role.IN, Role.OF)):
            return


def _table_after(draft: Draft, item: Item) -> Item | None:
    """The table that is denied; `except the stadiums with concerts` says the main one again before it."""
    except_for = fold(item.text).startswith(_EXCEPT)
    for other in draft.items.following(item)[:6]:
        table = draft.table(other)
        if table is draft.main and except_for:
            draft.use(other)
        elif table is not None and not other.used:
            return other
        elif not (other.is_silent or other.is_unknown or other.is_(Role.BY, Role.OR, Role.NOT)):
            return None
    return None


def _is_about_another(draft: Draft, condition: Filter) -> bool:
    if isinstance(condition, Condition):
        return condition.column.table != draft.main.name
    return isinstance(condition, Related)
