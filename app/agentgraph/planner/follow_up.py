"""Reads a question together with those that it goes on from: what it says replaces what they said of the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from app.agentgraph.outcome import Step
from app.agentgraph.planner.changed_frame import changed
from app.agentgraph.planner.changes import change_of
from app.agentgraph.planner.confidence import THRESHOLD, judge
from app.agentgraph.planner.ellipsis import Fragment, fragment_of
from app.agentgraph.planner.frame import (
    AnyOf,
    Condition,
    Dimension,
    Figure,
    Filter,
    Frame,
    Measure,
    Order,
)
from app.agentgraph.planner.grammar import RULES
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.figures import natural_measure
from app.agentgraph.planner.grammar.finish import finish
from app.agentgraph.planner.grammar.resolve import resolve
from app.agentgraph.planner.grammar.superlatives import read_superlatives
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.linking import Linker
from app.agentgraph.planner.plan import Declined, Plan, Understood, not_understood, understand, write
from app.agentgraph.planner.schema import Schema, SchemaColumn, read_schema
from app.agentgraph.planner.tokens import tokenise
from app.connectors.catalog import Catalog, ValueIndex
from app.core.clock import now
from app.core.i18n import Language

_TAKEN_OVER = 0.97
"""Doubt of every step: what was left out is taken from the question before."""


def plan_follow_up(
    steps: Sequence[Step], catalog: Catalog, values: ValueIndex, *, today: date | None = None
) -> Plan | Declined:
    """The plan of the last of `steps`, read after the others; deterministic, and blocking, like `plan`."""
    first, *rest = steps
    today = today or now().date()
    found = understand(first.text, catalog, values, language=first.language, today=today)
    for step in rest:
        if isinstance(found, Declined):
            return found
        found = _after(found, step, catalog, values, today=today)
    return found if isinstance(found, Declined) else write(found, catalog, steps[-1].language)


def _after(
    before: Understood, step: Step, catalog: Catalog, values: ValueIndex, *, today: date
) -> Understood | Declined:
    fragment, sure = fragment_of(step.text), before.confidence * _TAKEN_OVER
    change = change_of(fragment.text)
    if change is not None:
        frame = changed(before.frame, change)
        return Understood(frame, sure) if frame else not_understood((fragment.text,), 0.0)
    schema = read_schema(catalog)
    draft = _read(fragment, schema, values, step.language, before.frame, today=today)
    merged = _merged(before.frame, draft, fragment)
    confidence = judge(draft)
    value = confidence.value * sure
    if merged is None or value < THRESHOLD:
        return not_understood(confidence.unplaced, value)
    return Understood(merged, value)


def _read(
    fragment: Fragment, schema: Schema, values: ValueIndex, language: Language, before: Frame, *, today: date
) -> Draft:
    """What the fragment says by itself, about the table of the question before."""
    items = Linker(schema, values, language, today).link(tokenise(fragment.text, language))
    resolve(items, schema)
    draft = Draft(schema, language, items, schema.table(before.table))
    for rule in RULES:
        if rule is not read_superlatives:
            rule(draft)
    return draft


def _merged(before: Frame, draft: Draft, fragment: Fragment) -> Frame | None:
    """The frame before with what the draft says in its place; None when the draft says nothing.

    `only the rain` wants less of the same: where the rain is another figure and no condition, it was not understood.
    """
    figures = _figures(before, draft)
    if fragment.restricts and draft.outputs:
        return None
    _take_names(draft)
    _take_direction(draft, figures)
    where = [condition for _, condition in draft.where]
    if not (draft.outputs or draft.group or where or draft.order or draft.having):
        return None
    if before.over is not None:
        said = bool(draft.outputs or draft.group or draft.order or draft.having)
        return None if said else replace(before, where=tuple(_conditions(before.where, where)))
    draft.where = [(0, condition) for condition in _conditions(before.where, where)]
    draft.having = draft.having or list(before.having)
    if not figures:
        return _listed(before, draft)
    groups = [output for output in before.select if isinstance(output, Dimension)]
    regrouped = bool(draft.group)
    if not regrouped or fragment.adds:
        draft.group = [*groups, *[d for d in draft.group if d not in groups]]
    if any(isinstance(order.by, Dimension) and order.by not in draft.group for order in draft.order):
        return None
    draft.outputs = [(place, figure) for place, figure in enumerate(figures)]
    _keep_order(before, draft, figures, regrouped=regrouped)
    draft.mentioned = [*before.mentioned, *draft.mentioned]
    return finish(draft)


def _figures(before: Frame, draft: Draft) -> list[Figure]:
    """What is computed now: what the draft says, else what was computed; `the average` is that of the same column."""
    said = [figure for _, figure in draft.outputs if not isinstance(figure, Dimension)]
    same = next((f.column for f in before.figures if isinstance(f, Measure) and f.column is not None), None)
    for item in draft.items.of_role(Role.AGGREGATE, Role.TOTAL):
        if same is not None and item.sense is not None and item.sense.aggregate is not None:
            said.append(Measure(item.sense.aggregate, same.table, same))
            draft.use(item)
    for item in draft.items:
        column = draft.column(item)
        if column is not None and not item.used and column.is_measure and not said:
            said.append(_like(before, column))
            draft.use(item)
    if said:
        draft.outputs = [(place, figure) for place, figure in enumerate(said)]
    return said or list(before.figures)


def _like(before: Frame, column: SchemaColumn) -> Measure:
    """The column taken as the figure before was, unless that one only counted."""
    measure = next((f for f in before.figures if isinstance(f, Measure) and f.column is not None), None)
    natural = natural_measure(column)
    return natural if measure is None or measure.distinct else replace(natural, aggregate=measure.aggregate)


def _take_names(draft: Draft) -> None:
    """`and the product?`: a name that nothing took is what to break down by."""
    for item in draft.items:
        column = draft.column(item)
        if column is not None and not item.used:
            draft.group.append(Dimension(column))
            draft.use(item)


def _take_direction(draft: Draft, figures: list[Figure]) -> None:
    for item in draft.items.of_role(Role.DIRECTION):
        if figures and item.sense is not None:
            draft.order.append(Order(figures[0], item.sense.descending))
            draft.use(item)


def _conditions(before: Sequence[Filter], said: Sequence[Filter]) -> list[Filter]:
    """The conditions before, those on a column of which something new is said left out, and the new ones."""
    renewed = {column for condition in said for column in _columns(condition)}
    return [*[c for c in before if not (renewed & _columns(c))], *said]


def _columns(condition: Filter) -> set[SchemaColumn]:
    if isinstance(condition, Condition):
        return {condition.column}
    if isinstance(condition, AnyOf):
        return {inner.column for inner in condition.conditions}
    return set()


def _listed(before: Frame, draft: Draft) -> Frame:
    """A listing with other conditions, order or columns."""
    shown = tuple(d for d in draft.group if d not in before.select)
    return replace(
        before,
        select=(*before.select, *shown),
        where=tuple(condition for _, condition in draft.where),
        order=tuple(draft.order) or before.order,
    )


def _keep_order(before: Frame, draft: Draft, figures: list[Figure], *, regrouped: bool) -> None:
    """Keeps a ranking as long as what it ranks by is still shown; over time there is none."""
    over_time = any(d.grain is not None or d.column.is_year or d.column.is_month for d in draft.group)
    if draft.order or (regrouped and (over_time or before.limit is None)):
        draft.limit = before.limit if draft.order else None
        return
    kept = [order for order in before.order if order.by in figures or order.by in draft.group]
    draft.order, draft.limit = kept, before.limit if kept else None
