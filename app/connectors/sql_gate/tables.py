"""Which tables a statement may read: names of WITH queries by scope, the caller's list, and what no list may open."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from app.connectors.sql_gate.names.others import OTHER_DIALECTS
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.words import words

Scope = dict[str, exp.CTE]
"""WITH queries visible at a place, by folded name."""

_OWN_SCHEMA = {"sqlite": "main", "postgres": "public", "tsql": "dbo", "duckdb": "main"}
"""Schema in which the caller's unqualified names live."""

_EXACT = frozenset({"postgres", "mysql", *OTHER_DIALECTS})
"""Dialects in which letter case may tell two tables apart; MySQL's depends on the server's file system."""

_BARE_IN_SMALL_LETTERS = frozenset({"postgres", "redshift"})
_BARE_IN_CAPITALS = frozenset({"oracle", "snowflake"})
"""How a name without quotes is stored; elsewhere as it is written."""

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""Engines fold the letters of ASCII, not all of Unicode's: to SQLite, `Á` and `á` are two names."""
_UPPER = {lower: upper for upper, lower in _LOWER.items()}

_ALL_SIBLINGS_VISIBLE = frozenset({"sqlite"})
"""Dialects in which a WITH query sees the later ones of the same WITH."""

_SELF_WITHOUT_KEYWORD = frozenset({"sqlite", "tsql", "oracle", "snowflake"})
"""Dialects in which a WITH query may be recursive without the word RECURSIVE."""

_SYSTEM_NAME = {
    "sqlite": re.compile(r"sqlite_|pragma_|(?:dbstat|fsdir|zipfile|bytecode|tables_used|completion|csv|wholenumber)$"),
    "postgres": re.compile(r"pg_|sql_(?:features|implementation_info|parts|sizing)$"),
    "mysql": re.compile(r"seq_\d+_to_\d+"),
    "tsql": re.compile(r"sys|spt_|dm_|#|msrepl|fn_"),
    "duckdb": re.compile(r"duckdb_|pragma_|sqlite_|pg_|.*[./\\:*?]"),
    "oracle": re.compile(r"g?v_?\$|x\$|(?:all|dba|cdb|user|role|session)_|sys|dict(?:ionary)?$|tab$|cat$"),
    "clickhouse": re.compile(r"one$|system"),
    "snowflake": re.compile(r"information_schema|account_usage"),
    "bigquery": re.compile(r"information_schema|__tables|region-|.*[*]"),
    "redshift": re.compile(r"(?:pg|stl|stv|svl|svv|svcs|sys)_"),
    "": re.compile(r"sqlite_|pragma_|pg_|duckdb_|.*[/\\:*?]"),
}
_SYSTEM_SCHEMA = words("""
information_schema pg_catalog pg_toast pg_temp sys mysql performance_schema master msdb tempdb model temp sqlite
system db_owner guest
""")
_PLAIN_CATALOG = words("""
pg_class pg_attribute pg_attrdef pg_constraint pg_index pg_indexes pg_type pg_namespace pg_cast pg_operator
pg_opclass pg_opfamily pg_amop pg_amproc pg_am pg_aggregate pg_collation pg_conversion pg_enum pg_range
pg_inherits pg_depend pg_description pg_sequence pg_sequences pg_tables pg_views pg_matviews pg_rules pg_trigger
pg_rewrite pg_language pg_proc pg_statistic_ext pg_stats_ext pg_policy pg_policies pg_partitioned_table
pg_publication pg_publication_rel pg_publication_tables pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser
pg_ts_template pg_timezone_names pg_timezone_abbrevs pg_extension pg_event_trigger pg_default_acl pg_init_privs
pg_transform pg_foreign_table information_schema.tables information_schema.columns information_schema.views
information_schema.schemata information_schema.key_column_usage information_schema.table_constraints
information_schema.sequences information_schema.referential_constraints
information_schema.constraint_column_usage information_schema.routines information_schema.domains
information_schema.check_constraints information_schema.triggers information_schema.parameters
information_schema.column_privileges information_schema.table_privileges
""")
"""Catalogue tables that describe structure and hold no secrets: open where the caller limits no tables."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one source as the caller allows them; `names` of None allows every table of the user's own."""

    dialect: str
    names: frozenset[str] | None

    @classmethod
    def of(cls, dialect: str, names: Iterable[str] | None) -> "Tables":
        """Allowed `names`, each `table` or `schema.table`, spelt as the source spells them."""
        if names is None:
            return cls(dialect, None)
        folded = cls(dialect, None)
        return cls(dialect, frozenset(map(folded.fold_name, names)))

    def fold(self, identifier: exp.Identifier) -> str:
        """The name of a table or a WITH query, as the engine compares it.

        Where engines or their settings differ, the form that tells more names apart: what the gate then takes for
        another name is looked up in the caller's list, and is not there.
        """
        name = str(identifier.this)
        if identifier.args.get("quoted"):
            return self.fold_name(name)
        if self.dialect in _BARE_IN_SMALL_LETTERS:
            return name.translate(_LOWER)
        return name.translate(_UPPER) if self.dialect in _BARE_IN_CAPITALS else self.fold_name(name)

    def fold_name(self, name: str) -> str:
        """A name as the source spells it, as the engine compares it."""
        return name if self.dialect in _EXACT else name.translate(_LOWER)

    def name_of(self, name: str, schema: str | None) -> str:
        """One text for a table, whether or not the schema in which bare names live is spelt out."""
        folded = None if schema is None else self.fold_name(schema)
        bare = self.fold_name(name)
        return bare if folded in {None, _OWN_SCHEMA.get(self.dialect)} else f"{folded}.{bare}"

    def name_in_source(self, table: exp.Table) -> str:
        """The same text for a reference to a table."""
        parts = [table.args.get("catalog"), table.args.get("db"), table.this]
        folded = [self.fold(part) for part in parts if isinstance(part, exp.Identifier)]
        own = len(folded) == 2 and folded[0] == _OWN_SCHEMA.get(self.dialect)
        return ".".join(folded[1:] if own else folded)

    def cte_of(self, table: exp.Table, scope: Scope) -> exp.CTE | None:
        """The WITH query that `table` refers to at its place, when it is one."""
        if table.args.get("db") or table.args.get("catalog") or not isinstance(table.this, exp.Identifier):
            return None
        return scope.get(self.fold(table.this))

    def is_empty_row(self, table: exp.Table) -> bool:
        """Whether this is the DUAL of MySQL or Oracle, which is no table but a word for «from nothing»."""
        name = table.this
        return (
            self.dialect in {"mysql", "oracle"}
            and isinstance(name, exp.Identifier)
            and not (name.args.get("quoted") or table.args.get("db"))
            and name.name.upper() == "DUAL"
        )

    def check(self, table: exp.Table) -> str:
        """Name of the table, as written; raises RefusedByPolicy when it is not one that may be read."""
        parts = [table.args.get("catalog"), table.args.get("db"), table.this]
        written = [part for part in parts if part]
        if not all(isinstance(part, exp.Identifier) for part in written):
            raise refuse(Rule.TABLE, "this is not a table of the source")
        folded = [self.fold(part) for part in written]
        if self.names is None:
            self._refuse_system(folded)
        elif not self._is_listed(folded):
            raise refuse(Rule.TABLE, f"the table {str(table.this.this)[:80]!r} is not one that may be read here")
        return ".".join(str(part.this) for part in written)

    def _is_listed(self, folded: list[str]) -> bool:
        names = self.names or frozenset()
        own = _OWN_SCHEMA.get(self.dialect)
        if ".".join(folded) in names:
            return True
        if len(folded) == 1:
            return own is not None and f"{own}.{folded[0]}" in names
        return len(folded) == 2 and folded[0] == own and folded[1] in names

    def _refuse_system(self, folded: list[str]) -> None:
        *schemas, name = [part.casefold() for part in folded]
        if self.dialect in {"postgres", "duckdb"} and self._is_plain_catalog(schemas, name):
            return
        if any(schema in _SYSTEM_SCHEMA for schema in schemas) or _SYSTEM_NAME[self.dialect].match(name):
            raise refuse(Rule.SYSTEM_TABLE, "system tables may not be read")
        if len(schemas) > 1 and self.dialect == "tsql":
            raise refuse(Rule.TABLE, "tables of another database may not be read")

    @staticmethod
    def _is_plain_catalog(schemas: list[str], name: str) -> bool:
        if schemas in ([], ["pg_catalog"]):
            return name in _PLAIN_CATALOG
        return f"{schemas[-1]}.{name}" in _PLAIN_CATALOG


def fold_column(identifier: exp.Identifier, dialect: str) -> str:
    """The name of a column as the engine compares it."""
    name = str(identifier.this)
    if dialect == "postgres" and identifier.args.get("quoted"):
        return name
    return name.translate(_LOWER)


def cte_scopes(with_: exp.With, outer: Scope, tables: Tables) -> tuple[list[tuple[exp.CTE, Scope]], Scope]:
    """The WITH queries with what each sees, and what the query after them sees.

    Raises RefusedByPolicy when two have one name: only one of them would be walked.
    """
    recursive = bool(with_.args.get("recursive"))
    ctes = {tables.fold(cte.args["alias"].this): cte for cte in with_.expressions}
    if len(ctes) < len(with_.expressions):
        raise refuse(Rule.CONSTRUCT, "two WITH queries have the same name")
    if tables.dialect in _ALL_SIBLINGS_VISIBLE:
        scope = {**outer, **ctes}
        return [(cte, scope) for cte in with_.expressions], scope
    bodies: list[tuple[exp.CTE, Scope]] = []
    scope = dict(outer)
    for name, cte in ctes.items():
        sees_itself = recursive or tables.dialect in _SELF_WITHOUT_KEYWORD
        bodies.append((cte, {**scope, name: cte} if sees_itself else scope))
        scope = {**scope, name: cte}
    return bodies, scope
