"""What a MySQL or MariaDB says of itself: tables, columns, keys and comments, and the rights of the login."""

import re
from collections import defaultdict
from typing import Any

from app.connectors.catalog import Catalog, ColumnProfile, ForeignKey, TableProfile
from app.connectors.endpoint import Endpoint
from app.connectors.mysql_cells import data_type
from app.connectors.survey import Privileges

Row = tuple[Any, ...]

COLUMNS = """
SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.COLUMN_COMMENT, t.TABLE_ROWS, t.TABLE_COMMENT,
       t.TABLE_TYPE
  FROM information_schema.COLUMNS c
  JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
 WHERE c.TABLE_SCHEMA = DATABASE() AND FIND_IN_SET('select', c.PRIVILEGES) > 0
 ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION
"""
KEYS = """
SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
  FROM information_schema.KEY_COLUMN_USAGE
 WHERE TABLE_SCHEMA = DATABASE()
   AND (CONSTRAINT_NAME = 'PRIMARY' OR REFERENCED_TABLE_SCHEMA = DATABASE())
 ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
VERSION = "SELECT VERSION()"
_GRANT = re.compile(r"GRANT (?P<rights>[A-Z][A-Z_ ,]*(?:\([^)]*\)[A-Z_ ,]*)*) ON (?P<scope>\S+)")
_OF_COLUMNS = re.compile(r"\([^)]*\)")
_EVERYTHING = "ALL PRIVILEGES"
_MEANINGS = {
    "superuser": frozenset({"SUPER", "SET USER", "SYSTEM_USER"}),
    "administers": frozenset(
        {
            "CREATE USER",
            "GRANT OPTION",
            "RELOAD",
            "SHUTDOWN",
            "REPLICATION SLAVE",
            "REPLICATION SLAVE ADMIN",
            "ROLE_ADMIN",
        }
    ),
    "reads_server_files": frozenset({"FILE"}),
    "can_write": frozenset({"INSERT", "UPDATE", "DELETE", "DELETE HISTORY"}),
    "can_create": frozenset(
        {"CREATE", "ALTER", "DROP", "INDEX", "TRIGGER", "EVENT", "CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE"}
    ),
}


def catalog_of(columns: list[Row], keys: list[Row], endpoint: Endpoint) -> Catalog:
    """The catalog of the database that the login entered; MySQL's other databases are other connections."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in columns:
        if not endpoint.tables or row[0] in endpoint.tables:
            found[row[0]].append(row)
    primary: defaultdict[str, list[str]] = defaultdict(list)
    foreign: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for table, name, column, other, referred in keys:
        if name == "PRIMARY":
            primary[table].append(column)
        elif other in found:
            foreign[table].append(ForeignKey(column, other, referred))
    tables = tuple(_table(name, rows, primary[name], foreign[name]) for name, rows in found.items())
    return Catalog("mysql", tables)


def _table(name: str, rows: list[Row], primary: list[str], foreign: list[ForeignKey]) -> TableProfile:
    estimate, comment, kind = rows[0][5:]
    return TableProfile(
        name=name,
        label=name,
        rows=estimate,
        columns=tuple(
            ColumnProfile(row[1], data_type(row[2], row[3]), row[1], description=row[4] or None) for row in rows
        ),
        primary_key=tuple(primary),
        foreign_keys=tuple(foreign),
        # A view has the word VIEW where a table has its comment.
        description=comment if comment and kind == "BASE TABLE" else None,
    )


def server_name(version: str) -> str:
    """Product and version, from what the server answers to VERSION()."""
    number = re.match(r"[\d.]+", version)
    product = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    return f"{product} {number.group() if number else version}"[:120]


def privileges_of(grants: list[Row], endpoint: Endpoint) -> Privileges:
    """Warnings, and the statements that make a login without the right to change anything.

    `grants` are the rows of SHOW GRANTS, which alone tells what the active roles add, too.
    """
    held = set[str]().union(*(_rights(text) for (text,) in grants))
    warnings = tuple(code for code, names in _MEANINGS.items() if held & names)
    if not warnings:
        return Privileges((), ())
    mending = (
        "CREATE USER 'agentgraph_reader'@'%' IDENTIFIED BY '<password>';",
        f"GRANT SELECT ON {quoted(endpoint.database)}.* TO 'agentgraph_reader'@'%';",
    )
    return Privileges(warnings, mending)


def _rights(grant: str) -> set[str]:
    """The rights that one line grants, on whatever it is."""
    found = _GRANT.match(grant)
    if found is None:
        return set()
    rights = {right.strip() for right in _OF_COLUMNS.sub("", found["rights"]).split(",")}
    if _EVERYTHING in rights:
        codes = _MEANINGS if found["scope"] == "*.*" else ("can_write", "can_create")
        rights = rights.union(*(_MEANINGS[code] for code in codes))
    return rights | ({"GRANT OPTION"} if grant.endswith("WITH GRANT OPTION") else set())


def quoted(name: str) -> str:
    """`name` as an identifier in a statement."""
    return "`" + name.replace("`", "``") + "`"
