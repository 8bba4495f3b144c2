"""Two named things set against each other: `who had more votes, Ann or Bo?`, `how many more did Ann get than Bo`."""

from dataclasses import replace

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Difference, Dimension, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.figures import amount_of_row
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role, find_phrases
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold

_SUPERLATIVES = {
    "more": "most", "fewer": "fewest", "less": "least", "higher": "highest", "greater": "greatest", "lower": "lowest",
    "bigger": "biggest", "larger": "largest", "smaller": "smallest", "older": "oldest", "younger": "youngest",
    "longer": "longest", "shorter": "shortest", "taller": "tallest", "heavier": "heaviest", "lighter": "lightest",
    "faster": "fastest", "slower": "slowest", "cheaper": "cheapest", "better": "best", "worse": "worst",
    "earlier": "earliest", "later": "latest", "newer": "newest", "deeper": "deepest",
}  # fmt: skip
"""Comparatives with their superlatives, which say by what two things are ranked; Portuguese has one word for both."""
_FEWER = frozenset("fewer less lower smaller shorter menos".split())


def read_rivals(draft: Draft) -> None:
    """Takes a comparison of two stored values of one column: the winner of the two, or by how much it wins."""
    rivals = _rivals(draft)
    if rivals is None:
        return
    for item in draft.items.of_role(Role.DIFFERENCE):
        if "more" in item.text.casefold() or set(fold(item.text).split()) & (_FEWER | {"mais"}):
            _margin(draft, item, rivals)
            return
    if any(o.is_(Role.OR) and rivals[0].start < o.start < rivals[1].start for o in draft.items):
        _winner(draft, rivals)


def _rivals(draft: Draft) -> tuple[Item, Item] | None:
    held = [o for o in draft.items if o.values and not o.used]
    if len(held) != 2 or held[0].values[0].column is not held[1].values[0].column:
        return None
    return held[0], held[1]


def _margin(draft: Draft, item: Item, rivals: tuple[Item, Item]) -> None:
    """`how many more medals did France win than Greece`: the figure of the first minus that of the second."""
    column = rivals[0].values[0].column
    figure = _figure(draft, item, column)
    if figure is None:
        return
    first, second = (replace(figure, where=(_is(rival),)) for rival in rivals)
    swapped = bool(set(fold(item.text).split()) & _FEWER)
    draft.figures[item] = Difference(second, first) if swapped else Difference(first, second)
    draft.use(item, *rivals, *draft.items.of_role(Role.COUNT, Role.BETWEEN, Role.TOTAL))


def _figure(draft: Draft, item: Item, column: SchemaColumn) -> Measure | None:
    """What two things are compared by: the measure that is named, else their rows where each has several."""
    named = next((o for o in draft.items if _is_measure(draft, o)), None)
    measure = draft.column(named)
    following = draft.items.after(item)
    if measure is None and column.is_unique:
        measure = amount_of_row(draft, following)
        draft.use(following if measure is not None and following is not None and following.is_unknown else None)
    draft.use(named)
    if measure is not None:
        return Measure(Aggregate.SUM if measure.is_additive else Aggregate.AVG, measure.table, measure)
    if column.is_unique or following is None or not (following.is_unknown or following.is_name):
        return None
    draft.use(following)
    return draft.count_of(draft.main)


def _is_measure(draft: Draft, item: Item) -> bool:
    column = draft.column(item)
    return column is not None and column.is_measure and not item.used


def _is(rival: Item) -> Condition:
    return Condition(rival.values[0].column, Comparison.EQ, tuple(link.value for link in rival.values))


def _winner(draft: Draft, rivals: tuple[Item, Item]) -> None:
    """`which nation won more medals, Spain or Greece`: two groups, of which the rule of superlatives takes one."""
    column = rivals[0].values[0].column
    ranking = next((o for o in draft.items if not o.used and _ranks(draft, o)), None)
    if ranking is None or draft.group or any(o.is_(Role.COUNT, Role.AGGREGATE) for o in draft.items):
        return
    named = draft.items.after(ranking)
    if column.is_unique and not any(_is_measure(draft, o) for o in draft.items):
        amount = None if ranking.sense is not None and ranking.sense.hints else amount_of_row(draft, named)
        if amount is None and (named is None or named.is_unknown or named.sign):
            return
        if amount is not None:
            draft.figures[ranking] = Measure(Aggregate.SUM, amount.table, amount)
            verb = draft.items.after(ranking, skip=False)
            draft.use(verb if verb is not None and verb.is_(Role.SOFT) else None)
    draft.use(named if named is not None and named.is_unknown and not named.sign else None)
    draft.group.append(Dimension(column))
    draft.named_only = True
    draft.use(*[o for o in draft.items if draft.column(o) is column])
    draft.use(*[o for o in draft.items if o.is_(Role.OR) and rivals[0].start < o.start < rivals[1].start])


def _ranks(draft: Draft, item: Item) -> bool:
    """Whether a part ranks two things; a comparative takes the sense of its superlative."""
    if item.is_(Role.SUPERLATIVE):
        return True
    superlative = _SUPERLATIVES.get(fold(item.text))
    if superlative is None or not (item.is_unknown or item.is_(Role.SUPERLATIVE)):
        return False
    phrase = next((p for p in find_phrases([superlative], draft.language) if p.sense.role is Role.SUPERLATIVE), None)
    item.sense = phrase.sense if phrase is not None else None
    return phrase is not None
