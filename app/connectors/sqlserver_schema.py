"""What a SQL Server says of itself: tables, columns, keys and descriptions, and the rights of the login."""

from collections import defaultdict
from typing import Any

from app.connectors.catalog import Catalog, ColumnProfile, ForeignKey, TableProfile
from app.connectors.endpoint import Endpoint
from app.connectors.sqlserver_cells import data_type
from app.connectors.survey import Privileges

Row = tuple[Any, ...]

_READABLE = """
 WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND s.name = SCHEMA_NAME()
   AND HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'SELECT') = 1
"""
"""Of the login's default schema, in which bare names are looked up."""
COLUMNS = f"""
SELECT o.name, c.name, t.name, p.row_count, CAST(te.value AS nvarchar(2000)), CAST(ce.value AS nvarchar(2000))
  FROM sys.objects AS o
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  JOIN sys.columns AS c ON c.object_id = o.object_id
  LEFT JOIN sys.types AS t ON t.user_type_id = c.system_type_id
  LEFT JOIN (SELECT object_id, SUM(rows) AS row_count FROM sys.partitions WHERE index_id IN (0, 1) GROUP BY object_id)
    AS p ON p.object_id = o.object_id
  LEFT JOIN sys.extended_properties AS te
    ON te.class = 1 AND te.major_id = o.object_id AND te.minor_id = 0 AND te.name = 'MS_Description'
  LEFT JOIN sys.extended_properties AS ce
    ON ce.class = 1 AND ce.major_id = o.object_id AND ce.minor_id = c.column_id AND ce.name = 'MS_Description'
{_READABLE} ORDER BY o.name, c.column_id
"""  # noqa: S608  (constants)
KEYS = f"""
SELECT o.name, 'p' AS kind, c.name AS own, NULL AS other, NULL AS referred, ic.key_ordinal AS place
  FROM sys.key_constraints AS k
  JOIN sys.objects AS o ON o.object_id = k.parent_object_id
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  JOIN sys.index_columns AS ic ON ic.object_id = k.parent_object_id AND ic.index_id = k.unique_index_id
  JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
{_READABLE} AND k.type = 'PK'
 UNION ALL
SELECT o.name, 'f', c.name, ro.name, rc.name, f.constraint_column_id
  FROM sys.foreign_key_columns AS f
  JOIN sys.objects AS o ON o.object_id = f.parent_object_id
  JOIN sys.schemas AS s ON s.schema_id = o.schema_id
  JOIN sys.columns AS c ON c.object_id = f.parent_object_id AND c.column_id = f.parent_column_id
  JOIN sys.objects AS ro ON ro.object_id = f.referenced_object_id AND ro.schema_id = o.schema_id
  JOIN sys.columns AS rc ON rc.object_id = f.referenced_object_id AND rc.column_id = f.referenced_column_id
{_READABLE}
 ORDER BY 1, 2, 6
"""  # noqa: S608  (constants)
RIGHTS = """
SELECT IS_SRVROLEMEMBER('sysadmin'),
       CASE WHEN IS_SRVROLEMEMBER('securityadmin') = 1 OR IS_SRVROLEMEMBER('serveradmin') = 1
              OR IS_SRVROLEMEMBER('dbcreator') = 1 OR IS_ROLEMEMBER('db_owner') = 1
              OR IS_ROLEMEMBER('db_securityadmin') = 1 THEN 1 ELSE 0 END,
       HAS_PERMS_BY_NAME(NULL, NULL, 'ADMINISTER BULK OPERATIONS'),
       CASE WHEN EXISTS (SELECT 1 FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
                          WHERE o.type = 'U' AND o.is_ms_shipped = 0
                           AND (HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'INSERT') = 1
                             OR HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'UPDATE') = 1
                             OR HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'DELETE') = 1))
            THEN 1 ELSE 0 END,
       CASE WHEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE') = 1
              OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER') = 1 THEN 1 ELSE 0 END,
       CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(40)), SCHEMA_NAME()
"""
_WARNINGS = ("superuser", "administers", "reads_server_files", "can_write", "can_create")


def catalog_of(columns: list[Row], keys: list[Row], endpoint: Endpoint) -> Catalog:
    """The catalog of the login's default schema."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in columns:
        if not endpoint.tables or row[0] in endpoint.tables:
            found[row[0]].append(row)
    primary: defaultdict[str, list[str]] = defaultdict(list)
    foreign: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for table, kind, own, other, referred, _ in keys:
        if kind == "p":
            primary[table].append(own)
        elif other in found:
            foreign[table].append(ForeignKey(own, other, referred))
    tables = tuple(_table(name, rows, primary[name], foreign[name]) for name, rows in found.items())
    return Catalog("tsql", tables)


def _table(name: str, rows: list[Row], primary: list[str], foreign: list[ForeignKey]) -> TableProfile:
    return TableProfile(
        name=name,
        label=name,
        rows=None if rows[0][3] is None else int(rows[0][3]),
        columns=tuple(ColumnProfile(row[1], data_type(row[2]), row[1], description=row[5]) for row in rows),
        primary_key=tuple(primary),
        foreign_keys=tuple(foreign),
        description=rows[0][4],
    )


def privileges_of(row: Row) -> Privileges:
    """Warnings, and the statements that make a login without the right to change anything.

    They matter more here than elsewhere: this server has no transaction that only reads.
    """
    *rights, _, schema = row
    warnings = tuple(code for code, held in zip(_WARNINGS, rights, strict=True) if held)
    if not warnings:
        return Privileges((), ())
    grants = (
        "CREATE LOGIN agentgraph_reader WITH PASSWORD = '<password>';",
        f"CREATE USER agentgraph_reader FOR LOGIN agentgraph_reader WITH DEFAULT_SCHEMA = {quoted(schema)};",
        f"GRANT SELECT ON SCHEMA::{quoted(schema)} TO agentgraph_reader;",
        "DENY INSERT, UPDATE, DELETE, EXECUTE, ALTER TO agentgraph_reader;",
    )
    return Privileges(warnings, grants)


def quoted(name: str) -> str:
    """`name` as an identifier in a statement."""
    return "[" + name.replace("]", "]]") + "]"
