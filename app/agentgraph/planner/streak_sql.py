"""The statement for the longest run of values without a gap."""

from sqlglot import exp


def longest_run(values: exp.Select) -> exp.Select:
    """The length of the longest run among the whole numbers that `values` selects as `v`, each once.

    Within a run a value less its rank stays the same, so that runs are groups.
    """
    rank = exp.Window(
        this=exp.RowNumber(), order=exp.Order(expressions=[exp.Ordered(this=exp.column("v"), nulls_first=True)])
    )
    run = exp.alias_(exp.Sub(this=exp.column("v"), expression=rank), "run")
    runs = exp.Select().select(run).from_(values.subquery("t")).where(exp.column("v").is_(exp.null()).not_())
    lengths = exp.Select().select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(runs.subquery("r"))
    lengths = lengths.group_by(exp.column("run"))
    longest = exp.alias_(exp.Max(this=exp.column("n")), "consecutive", quoted=True)
    return exp.Select().select(longest).from_(lengths.subquery("s"))
