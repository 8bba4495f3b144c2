"""The grammar: rules that each take one kind of meaning from a linked question, and the order in which they run."""

from app.agentgraph.planner.frame import Frame
from app.agentgraph.planner.grammar.absence import read_absence
from app.agentgraph.planner.grammar.alike import read_alike
from app.agentgraph.planner.grammar.amounts import drop_single_groups, read_amounts
from app.agentgraph.planner.grammar.asides import read_asides
from app.agentgraph.planner.grammar.changes import read_changes
from app.agentgraph.planner.grammar.comparisons import read_comparisons
from app.agentgraph.planner.grammar.dealing import read_dealing
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.figures import read_figures
from app.agentgraph.planner.grammar.finish import finish
from app.agentgraph.planner.grammar.grouping import read_groups
from app.agentgraph.planner.grammar.ordering import read_figure_order, read_order
from app.agentgraph.planner.grammar.pairs import read_pairs
from app.agentgraph.planner.grammar.ranks import read_ranks
from app.agentgraph.planner.grammar.ratios import read_ratios
from app.agentgraph.planner.grammar.rivals import read_rivals
from app.agentgraph.planner.grammar.sequence import read_ends, read_neighbours
from app.agentgraph.planner.grammar.shares import read_shares
from app.agentgraph.planner.grammar.streaks import read_streaks
from app.agentgraph.planner.grammar.superlatives import read_superlatives
from app.agentgraph.planner.grammar.time import read_periods
from app.agentgraph.planner.grammar.totals import leave_out_totals
from app.agentgraph.planner.grammar.values import read_nulls, read_texts, read_values

RULES = (
    read_pairs,
    read_dealing,
    read_streaks,
    read_ranks,
    read_alike,
    read_rivals,
    read_order,
    read_changes,
    read_neighbours,
    read_comparisons,
    read_texts,
    read_nulls,
    read_values,
    read_periods,
    read_absence,
    read_groups,
    read_shares,
    read_ratios,
    read_figures,
    read_amounts,
    drop_single_groups,
    read_ends,
    read_superlatives,
    read_figure_order,
    read_asides,
    leave_out_totals,
)
"""Conditions come before figures, so that the names left over are what is asked for; each rule marks what it took."""


def read(draft: Draft) -> Frame | None:
    """The frame of a linked question, or None when it asks for nothing that was found."""
    for rule in RULES:
        rule(draft)
    return finish(draft)
