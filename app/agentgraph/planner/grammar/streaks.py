"""Runs without a gap: `how many consecutive years did Ann win`, `weeks in a row`, `anos seguidos`."""

from app.agentgraph.planner.frame import Grain
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.time import other_tables
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn


def read_streaks(draft: Draft) -> None:
    """Takes a run: of years where there is a column of them, else of rows that follow each other in the file."""
    for item in draft.items.of_role(Role.STREAK):
        unit = next((o for o in draft.items if o.is_(Role.GRAIN)), None)
        column = _years(draft) if unit is None or (unit.sense and unit.sense.grain is Grain.YEAR) else None
        named = next((o for o in draft.items if draft.column(o) is column), None) if column is not None else None
        beside = [o for o in (draft.items.before(item), draft.items.after(item)) if o is not None]
        column = column or (draft.main.place if unit is None or unit.sense is not None else None)
        if column is None or other_tables(draft):
            return
        draft.streak = column
        draft.use(item, unit, named, *[o for o in beside if o.is_unknown and not o.sign])
        draft.use(*draft.items.of_role(Role.COUNT, Role.AGGREGATE))
        draft.use(*[o for o in draft.items.preceding(item) if o.is_(Role.SOFT)])
        draft.use(*[o for o in draft.items.of_role(Role.SUPERLATIVE) if o.start < item.start])


def _years(draft: Draft) -> SchemaColumn | None:
    years = [c for c in draft.main.columns if c.is_year]
    return years[0] if len(years) == 1 else None
