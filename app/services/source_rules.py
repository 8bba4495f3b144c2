"""Rules on rows and columns of a shared source: judged by the gate when they are written, shown, and taken away."""

import json
from uuid import UUID

from app.connectors.catalog import CATALOG_JSON, Catalog
from app.connectors.sql_gate import Policy
from app.core.actor import Actor
from app.core.db import Session, seeing_all
from app.core.errors import NotFound, NotReady, ValidationFailed
from app.core.errors.access import PolicyInvalid
from app.core.i18n import Text
from app.core.pagination import Page, PageRequest, page_of
from app.core.source_rules import TableRules
from app.models import AuditAction, SharedKind, SurveyState
from app.repositories import databases, files, source_rules
from app.repositories.shares import Place
from app.repositories.source_rules import Kept
from app.schemas.source_rules import RulesRead, RulesWrite, TableRulesRead
from app.schemas.users import RoleName
from app.services.audit.audit import fingerprint, record
from app.services.files.file_versions import current
from app.services.restrict import table_rule
from app.services.shares import managed, role_for

_TWICE = Text(en="A table is named twice.", pt="Uma tabela foi indicada duas vezes.")
FILE_DIALECTS = ("sqlite", "duckdb")
"""A file is asked in the first, and in the second once it is large: a rule must hold in both."""


async def list_page(
    session: Session, actor: Actor, kind: SharedKind, source_id: UUID, request: PageRequest
) -> Page[RulesRead]:
    """The rules of a source, newest first. Raises NotFound, NotYours."""
    of, _ = await managed(session, actor, kind, source_id)
    return page_of([_read(kept) for kept in await source_rules.page(session, of, request)], request)


async def put(session: Session, actor: Actor, kind: SharedKind, source_id: UUID, wanted: RulesWrite) -> RulesRead:
    """Makes these the rules for a role; they hold from the next read on, and what was answered before is hidden.

    Raises NotFound, NotYours, NotReady, PolicyInvalid, ValidationFailed.
    """
    of, owner = await managed(session, actor, kind, source_id)
    role_id = await role_for(session, owner, wanted.role_id)
    tables = [TableRules(table.table, table.filter, frozenset(table.hidden), table.left_out) for table in wanted.tables]
    if len({table.table for table in tables}) < len(tables):
        raise ValidationFailed(_TWICE, pointer="/tables")
    async with seeing_all(session):  # The MASTER who decides for the owner sees none of the owner's rows by itself.
        catalog = await _catalog(session, of)
    _judge(catalog, tables, is_file=of.kind is SharedKind.FILE)
    kept = await source_rules.put(session, of, role_id, [_stored(table) for table in tables])
    await record(session, actor, AuditAction.RULES_CHANGED, kind.value, source_id, after=_noted(kept))
    return _read(kept)


async def remove(session: Session, actor: Actor, kind: SharedKind, source_id: UUID, rules_id: UUID) -> None:
    """Takes rules away: what they hid is seen from the next read on. Raises NotFound, NotYours."""
    of, _ = await managed(session, actor, kind, source_id)
    kept = await source_rules.get(session, of, rules_id)
    if kept is None:
        raise NotFound
    await source_rules.remove(session, kept.rules)
    await record(session, actor, AuditAction.RULES_REMOVED, kind.value, source_id, before=_noted(kept))


async def _catalog(session: Session, of: Place) -> Catalog:
    """The tables of a source as its owner sees them. Raises NotReady."""
    if of.kind is SharedKind.FILE:
        file = await files.get_own(session, of.owner_id, of.id)
        version = None if file is None else current(file)
        stored = None if version is None else version.catalog
    else:
        seen = (await databases.seen(session, [of.id]))[of.id]
        stored = None if seen.ready is None else await databases.catalog(session, seen.ready.id)
    if stored is None:
        raise NotReady(state=SurveyState.QUEUED.value)
    return CATALOG_JSON.validate_python(stored)


def _judge(catalog: Catalog, tables: list[TableRules], *, is_file: bool) -> None:
    """Raises PolicyInvalid for rules that the gate could not keep over these tables."""
    known = {table.name: table for table in catalog.tables}
    for table in tables:
        if table.table not in known:
            raise PolicyInvalid(table=table.table, reason="the source has no such table")
        absent = table.hidden - {column.name for column in known[table.table].columns}
        if absent:
            raise PolicyInvalid(table=table.table, reason=f"the table has no column {min(absent)[:80]!r}")
        if table.is_left_out and is_file:
            raise PolicyInvalid(table=table.table, reason="it is all that there is; do not share the file instead")
    rules = tuple(table_rule(known[table.table], table) for table in tables if not table.is_left_out)
    for dialect in FILE_DIALECTS if is_file else (catalog.dialect,):
        Policy(dialect, rules)


def _stored(table: TableRules) -> dict[str, object]:
    return {
        "table": table.table,
        "filter": table.filter,
        "hidden": sorted(table.hidden),
        "is_left_out": table.is_left_out,
    }


def _read(kept: Kept) -> RulesRead:
    rules = kept.rules
    role = None if rules.role_id is None else RoleName(id=rules.role_id, name=kept.role_name or "")
    tables = [
        TableRulesRead(
            table=table["table"], filter=table["filter"], hidden=table["hidden"], left_out=table["is_left_out"]
        )
        for table in rules.tables
    ]
    return RulesRead(id=rules.id, role=role, tables=tables, version=rules.version, updated_at=rules.updated_at)


def _noted(kept: Kept) -> dict[str, object]:
    """Rules as the audit log keeps them: what people wrote is there as a fingerprint."""
    rules = kept.rules
    return {
        "rules_id": str(rules.id),
        "role_id": None if rules.role_id is None else str(rules.role_id),
        "version": rules.version,
        "tables": fingerprint(json.dumps(rules.tables, sort_keys=True)),
    }
