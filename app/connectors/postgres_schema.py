"""What a PostgreSQL says of itself: tables, columns, keys and comments in two queries, and the rights of the login."""

import json
from collections import defaultdict
from typing import Any

from app.connectors.catalog import Catalog, ColumnProfile, ForeignKey, TableProfile
from app.connectors.endpoint import Endpoint
from app.connectors.postgres_session import data_type, quoted
from app.connectors.survey import Privileges

Row = tuple[Any, ...]

COLUMNS = """
SELECT n.nspname, c.relname, a.attname, CASE WHEN t.typtype = 'd' THEN b.typname ELSE t.typname END::text,
       c.reltuples::bigint, obj_description(c.oid, 'pg_class'), col_description(c.oid, a.attnum)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname = ANY ({schemas})
   AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
 ORDER BY array_position({schemas}, n.nspname), c.relname, a.attnum
"""
KEYS = """
SELECT n.nspname, c.relname, k.contype::text, fn.nspname, f.relname,
       (SELECT json_agg(a.attname ORDER BY o.i) FROM unnest(k.conkey) WITH ORDINALITY o(n, i)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.n)::text,
       (SELECT json_agg(a.attname ORDER BY o.i) FROM unnest(k.confkey) WITH ORDINALITY o(n, i)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.n)::text
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
  LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
 WHERE k.contype IN ('p', 'f') AND n.nspname = ANY ({schemas})
"""
RIGHTS = """
SELECT r.rolsuper, r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls,
       pg_has_role(r.oid, 'pg_read_server_files', 'MEMBER') OR pg_has_role(r.oid, 'pg_write_server_files', 'MEMBER')
         OR pg_has_role(r.oid, 'pg_execute_server_program', 'MEMBER'),
       EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY ({schemas})
                  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
       EXISTS (SELECT 1 FROM pg_catalog.pg_namespace n
                WHERE n.nspname = ANY ({schemas}) AND has_schema_privilege(n.oid, 'CREATE')),
       current_setting('server_version')
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""


def with_schemas(query: str, endpoint: Endpoint) -> str:
    """`query` for the schemas of `endpoint`, as text constants."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in endpoint.schemas or ("public",))
    return query.replace("{schemas}", f"ARRAY[{names}]::name[]")


def catalog_of(columns: list[Row], keys: list[Row], endpoint: Endpoint) -> Catalog:
    """The catalog; of tables with one name in several schemas only the first is seen, as in the search path."""
    places: dict[str, str] = {}
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in columns:
        schema, table = row[0], row[1]
        if endpoint.tables and table not in endpoint.tables:
            continue
        if places.setdefault(table, schema) == schema:
            found[table].append(row)
    primary, foreign = _keys(keys, places)
    tables = tuple(_table(name, rows, primary.get(name, ()), foreign.get(name, [])) for name, rows in found.items())
    return Catalog("postgres", tables)


def _keys(keys: list[Row], places: dict[str, str]) -> tuple[dict[str, tuple[str, ...]], dict[str, list[ForeignKey]]]:
    primary: dict[str, tuple[str, ...]] = {}
    foreign: defaultdict[str, list[ForeignKey]] = defaultdict(list)
    for schema, table, kind, other_schema, other, own, referred in keys:
        if places.get(table) != schema:
            continue
        if kind == "p":
            primary[table] = tuple(json.loads(own))
        elif places.get(other) == other_schema:
            pairs = zip(json.loads(own), json.loads(referred), strict=True)
            foreign[table] += [ForeignKey(a, other, b) for a, b in pairs]
    return primary, foreign


def _table(name: str, rows: list[Row], primary: tuple[str, ...], foreign: list[ForeignKey]) -> TableProfile:
    estimate = rows[0][4]
    return TableProfile(
        name=name,
        label=name,
        rows=estimate if estimate >= 0 else None,
        columns=tuple(ColumnProfile(row[2], data_type(row[3]), row[2], description=row[6]) for row in rows),
        primary_key=primary,
        foreign_keys=tuple(foreign),
        description=rows[0][5],
    )


def privileges_of(row: Row, endpoint: Endpoint) -> Privileges:
    """Warnings, and the statements that make a login without the right to change anything."""
    superuser, administers, files, writes, creates, _ = row
    named = {
        "superuser": superuser,
        "administers": administers,
        "reads_server_files": files,
        "can_write": writes,
        "can_create": creates,
    }
    warnings = tuple(code for code, holds in named.items() if holds)
    if not warnings:
        return Privileges((), ())
    database = quoted(endpoint.database)
    grants = [
        "CREATE ROLE agentgraph_reader LOGIN PASSWORD '<password>';",
        f"GRANT CONNECT ON DATABASE {database} TO agentgraph_reader;",
    ]
    for schema in map(quoted, endpoint.schemas or ("public",)):
        grants += [
            f"GRANT USAGE ON SCHEMA {schema} TO agentgraph_reader;",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO agentgraph_reader;",
        ]
    return Privileges(warnings, tuple(grants))
