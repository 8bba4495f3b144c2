"""Rows that a join brings several times: an author for each of his papers, and each of their domains."""

from app.agentgraph.planner.frame import Aggregate, AnyOf, Condition, Figure, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.joins import join_graph


def repeating_joins(draft: Draft, table: str) -> int:
    """How many joins, from `table` to the tables of conditions and names, lead to several rows for one."""
    conditions = [c for _, c in draft.where if isinstance(c, Condition)]
    conditions += [c for _, either in draft.where if isinstance(either, AnyOf) for c in either.conditions]
    tables = [*draft.mentioned, *(c.column.table for c in conditions)]
    edges = join_graph(draft.schema.catalog).tree(table, tables) or []
    return sum(not edge.right.is_unique for edge in edges)


def counted_once(draft: Draft, figure: Figure) -> Figure:
    """A count of rows as it stays right where a join brings them several times: of their different keys."""
    rows = isinstance(figure, Measure) and figure.aggregate is Aggregate.COUNT and figure.column is None
    if not rows or not isinstance(figure, Measure) or figure.where:
        return figure
    keys = draft.schema.table(figure.table).keys
    if len(keys) != 1 or not keys[0].is_unique or not repeating_joins(draft, figure.table):
        return figure
    return Measure(Aggregate.COUNT, figure.table, keys[0], distinct=True)
