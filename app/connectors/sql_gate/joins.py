"""Finds FROM clauses whose sources nothing links: two may be multiplied, three or more may not."""

from sqlglot import exp

from app.connectors.sql_gate.rules import Rule, refuse

MAX_UNLINKED = 2
"""Groups of sources that may stand side by side without a condition between them (`security.md` 4.1)."""

COMPARISONS = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Between,
    exp.Like,
)
"""Conditions that compare two values."""
_ONE_ROW = (exp.Values, exp.Unnest, exp.Lateral, exp.TableFromRows)


def refuse_cartesian(select: exp.Select) -> None:
    """Raises RefusedByPolicy when `select` multiplies three or more unlinked sources."""
    sources = _sources(select)
    if len(sources) <= MAX_UNLINKED:
        return
    links = _Links(sources)
    for condition in _conditions(select):
        for comparison in condition.find_all(*COMPARISONS):
            links.add(comparison)
    if links.groups > MAX_UNLINKED:
        raise refuse(Rule.CARTESIAN_PRODUCT, "three or more tables are multiplied without conditions between them")


def _sources(select: exp.Select) -> list[str]:
    """Names of the sources that can be large and stand for themselves."""
    from_ = select.args.get("from_")
    if from_ is None:
        return []
    nodes = [from_.this, *(join.this for join in _joins(select) if not _is_linked(join))]
    large = (node for node in nodes if not isinstance(node, _ONE_ROW) and not _is_one_row(node))
    return [node.alias_or_name.casefold() for node in large]


def _joins(select: exp.Select) -> list[exp.Join]:
    joins = list(select.args.get("joins") or ())
    from_ = select.args["from_"].this
    return joins + list(from_.args.get("joins") or ())


def _is_linked(join: exp.Join) -> bool:
    if join.args.get("using") or join.args.get("method"):
        return True
    table = join.this
    return isinstance(table, exp.Table) and isinstance(table.this, exp.Func) and table.this.find(exp.Column) is not None


def _is_one_row(node: exp.Expr) -> bool:
    """A subquery, or a call, that gives few rows whatever the data is."""
    if isinstance(node, exp.Table):
        return isinstance(node.this, exp.Func) and node.this.find(exp.Query) is None
    query = node.this if isinstance(node, exp.Subquery) else None
    if not isinstance(query, exp.Select):
        return isinstance(query, exp.Values)
    if query.args.get("from_") is None:
        return True
    aggregates = all(e.find(exp.AggFunc) for e in query.expressions) and not query.find(exp.Window)
    return aggregates and not query.args.get("group")


def _conditions(select: exp.Select) -> list[exp.Expr]:
    where = select.args.get("where")
    ons = [join.args["on"] for join in _joins(select) if join.args.get("on")]
    return [*ons, where] if where else ons


class _Links:
    """Groups of sources, joined by each comparison that speaks of two of them."""

    def __init__(self, sources: list[str]) -> None:
        self._leader = {name: name for name in sources}
        self._sources = tuple(self._leader)
        self._unnamed = len(sources) - len(self._leader)
        self._loose = 0

    @property
    def groups(self) -> int:
        """How many groups stand unlinked; each comparison of columns without a table's name may link two."""
        return len({self._find(name) for name in self._sources}) + self._unnamed - self._loose

    def add(self, comparison: exp.Expr) -> None:
        left = _tables_of(comparison.this)
        right = _tables_of(*(v for k, v in comparison.args.items() if k != "this" and isinstance(v, exp.Expr)))
        if not left or not right:
            return
        if "" in left or "" in right:
            self._loose += 1
            return
        for one in left:
            for other in right:
                self._leader[self._find(one)] = self._find(other)

    def _find(self, name: str) -> str:
        self._leader.setdefault(name, name)  # A table of a subquery may be the link between two of the sources.
        while self._leader[name] != name:
            name = self._leader[name]
        return name


def _tables_of(*nodes: exp.Expr) -> set[str]:
    return {column.table.casefold() for node in nodes for column in node.find_all(exp.Column)}
