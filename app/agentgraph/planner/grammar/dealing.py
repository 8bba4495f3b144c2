"""Verbs of trade: `quanto vendemos`, `which seller sold the most` speak of a table's takings without naming them."""

from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import ColumnLink, Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold

_DEALING = frozenset(
    "vendemos vendeu venderam vendido vendida vendidos vendidas vende vendem faturamos faturou faturaram fatura "
    "faturam comprou compraram comprado comprados compra compram gastou gastaram gastamos arrecadou arrecadaram "
    "arrecadamos gerou geraram gera rendeu renderam sell sells sold selling earn earned earns spend spent "
    "spends bought buy buys purchased billed made generate generated brought".split()
)
_NAMED = 0.9


def read_dealing(draft: Draft) -> None:
    """Gives a verb of trade the column of takings, where a question ranks, compares or adds up and names no measure."""
    verbs = [o for o in draft.items if not o.used and is_dealing(o) and (o.is_unknown or o.is_(Role.SOFT))]
    if not verbs or draft.main.place is None:
        return
    takings = _takings(draft.main)
    named = any(_is_measure(draft, o) for o in draft.items)
    asks = draft.items.of_role(Role.SUPERLATIVE, Role.COMPARE, Role.AGGREGATE, Role.TOTAL, Role.FREQUENT)
    counted = any(o.is_(Role.COUNT) for o in draft.items)
    if named or takings is None or not asks or counted:
        draft.use(*verbs)
        return
    verbs[0].sense = None
    verbs[0].columns = (ColumnLink(takings, _NAMED),)
    draft.use(*verbs[1:])


def is_dealing(item: Item) -> bool:
    """Whether a part is a verb of trade."""
    return fold(item.text) in _DEALING


def _takings(table: SchemaTable) -> SchemaColumn | None:
    """The one column of money that a deal brings; None when there is none or several could be meant."""
    flows = [c for c in table.measures if c.is_flow]
    named = [c for c in flows if set(c.words) & {"faturamento", "receita", "revenue", "sales", "venda", "vendas"}]
    return named[0] if len(named) == 1 else flows[0] if len(flows) == 1 else None


def _is_measure(draft: Draft, item: Item) -> bool:
    column = draft.column(item)
    return column is not None and column.is_measure
