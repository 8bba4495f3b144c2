"""Order that the question asks for in so many words: `ordered by price, descending`, `em ordem alfabética`."""

from itertools import zip_longest

from app.agentgraph.planner.frame import Dimension, Order
from app.agentgraph.planner.grammar.draft import Draft, counts_down
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role, Sense
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold


def read_order(draft: Draft) -> None:
    """Takes the phrases of order and the columns that they speak of."""
    for item in draft.items.of_role(Role.ALPHABETICAL):
        _alphabetical(draft, item)
    for item in draft.items.of_role(Role.ORDER):
        _explicit(draft, item)
    for item in draft.items.of_role(Role.DIRECTION):
        _direction_alone(draft, item)


def read_figure_order(draft: Draft) -> None:
    """Takes an order by a figure (`ordered by the number of sales`), and directions that nothing else took."""
    for item in draft.items.of_role(Role.ORDER):
        named = next((o for o in draft.items.following(item) if o in draft.figures), None)
        figure = draft.figures.get(named) if named is not None else next(iter(draft.figures.values()), None)
        if figure is not None:
            direction = _direction(draft, item)
            draft.order.append(Order(figure, _is_descending(direction)))
            draft.use(item, direction)
    for item in draft.items.of_role(Role.DIRECTION):
        figure = next(iter(draft.figures.values()), None)
        if figure is not None and not draft.order:
            draft.order.append(Order(figure, _is_descending(item)))
            draft.use(item)


def _alphabetical(draft: Draft, item: Item) -> None:
    named = next((o for o in draft.items.following(item) if draft.column(o) and not o.used), None)
    column = draft.column(named) or _first_column(draft) or draft.main.display
    if column is None:
        return
    descending = any(o.is_(Role.DIRECTION) and o.sense and o.sense.descending for o in draft.items)
    draft.order.append(Order(Dimension(column), descending))
    draft.use(item, named, *[o for o in draft.items if o.is_(Role.DIRECTION, Role.ORDER)])


def _explicit(draft: Draft, item: Item) -> None:
    """`ordered by A [and B] [descending]`; what is ordered by a figure is left to the rules of figures."""
    direction = _direction(draft, item)
    following = [
        o for o in draft.items.following(item) if not o.is_silent and not o.is_(Role.DIRECTION, Role.ALPHABETICAL)
    ]
    if following and following[0].is_(Role.COUNT, Role.AGGREGATE, Role.TOTAL, Role.FREQUENT):
        return
    for other, later in zip_longest(following, following[1:]):
        column = draft.column(other)
        if draft.table(other) is not None and draft.column(later) is not None:
            continue
        if column is None and not other.is_(Role.AND):
            break
        if column is not None:
            draft.order.append(Order(Dimension(column), _is_descending(direction)))
            draft.use(other)
    if draft.order:
        draft.use(item, direction)


def _direction_alone(draft: Draft, item: Item) -> None:
    """`in descending order of age`, `do maior para o menor`: of the column after it, else of what is shown."""
    if any(o.is_(Role.ORDER) and not o.used for o in draft.items):
        return
    following = draft.items.after(item)
    column = draft.column(following) if following is not None and not following.used else None
    hint = (fold(following.text),) if following is not None and following.is_unknown else ()
    sense = Sense(Role.DIRECTION, descending=_is_descending(item), hints=hint)
    column = column or (draft.ranked(sense) if hint else None)
    if column is not None:
        draft.order.append(Order(Dimension(column), _is_descending(item) != counts_down(hint, column)))
        draft.use(item, following)


def _direction(draft: Draft, item: Item) -> Item | None:
    near = [o for o in draft.items if o.is_(Role.DIRECTION) and not o.used]
    return min(near, key=lambda o: abs(o.start - item.start), default=None)


def _is_descending(direction: Item | None) -> bool:
    return bool(direction is not None and direction.sense is not None and direction.sense.descending)


def _first_column(draft: Draft) -> SchemaColumn | None:
    return next((draft.column(o) for o in draft.items if draft.column(o) is not None), None)
