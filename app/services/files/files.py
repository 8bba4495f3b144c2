"""Uploaded files: showing and describing them, and letting them go."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.connectors.base import Limits
from app.connectors.catalog import TableProfile
from app.connectors.sql_gate import check
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import Conflict, NotReady, ValidationFailed
from app.core.i18n import Language, Text
from app.core.pagination import Page, PageRequest, page_of
from app.core.source_rules import Restriction
from app.models import AuditAction, File, FileState, FileVersion, SharedKind
from app.repositories import files, shares, source_rules
from app.repositories.agents import SourceVersion
from app.repositories.files import StoredCatalog
from app.schemas.files import FilePreview, FileProgress, FileRead, FileStatus, FileUpdate
from app.schemas.queries import ResultColumn
from app.services import results
from app.services.audit.audit import fingerprint, record
from app.services.engine.described import described
from app.services.engine.engine import Engine
from app.services.files.file_versions import as_restricted, current, error_of, own, read_of, readable
from app.services.restrict import by_table, restrict, visible
from app.services.results import json_value
from app.services.shares import sharers

_IN_USE = Text(
    en="{agents} agent(s) read this file. Take it out of their sources first.",
    pt="{agents} agente(s) leem este arquivo. Retire-o das fontes deles primeiro.",
)
_NO_COLUMN = Text(en="There is no column '{column}'.", pt="Não existe a coluna '{column}'.")


async def read(session: Session, actor: Actor, file_id: UUID) -> FileRead:
    """One file. Raises NotFound."""
    file = await readable(session, actor, file_id)
    return (await _read(session, actor, [file]))[0]


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[FileRead]:
    """The actor's files and those shared with it, newest first."""
    rows = await files.page(session, actor.user_id, request)
    return page_of(await _read(session, actor, rows), request)


async def _read(session: Session, actor: Actor, rows: Sequence[File]) -> list[FileRead]:
    """Files as the actor may see each."""
    others = await sharers(session, actor, {row.owner_id for row in rows})
    restriction = await source_rules.holding(session, actor.user_id, [row.id for row in rows])
    return [as_restricted(read_of(row, others.get(row.owner_id)), restriction.of(row.id)) for row in rows]


async def status(session: Session, actor: Actor, file_id: UUID) -> FileStatus:
    """Where a file stands. Raises NotFound."""
    file = await readable(session, actor, file_id)
    newest = file.versions[0]
    total = newest.size_bytes
    rules = (await source_rules.holding(session, actor.user_id, [file_id])).of(file_id)
    share = 100 if newest.state == FileState.READY else min(99, newest.bytes_done * 100 // max(total, 1))
    return FileStatus(
        id=file.id,
        version=newest.number,
        state=newest.state,
        progress=FileProgress(
            rows_done=newest.rows_done if rules is None else 0,
            bytes_done=newest.bytes_done,
            total_bytes=total,
            percent=share,
        ),
        error=error_of(newest),
        created_at=newest.created_at,
        finished_at=newest.finished_at,
    )


async def update(session: Session, actor: Actor, file_id: UUID, *, wanted: FileUpdate) -> FileRead:
    """Gives a file another name and describes it and its columns; its table keeps its own names.

    Raises NotFound, NotYours, NotReady, ValidationFailed.
    """
    file = await own(session, actor, file_id, lock=True)
    before = _told(file)
    file.name = wanted.name
    if wanted.description is not None:
        file.description = wanted.description
    if wanted.columns is not None:
        _require_columns(file, list(wanted.columns))
        said = {name: column.model_dump(exclude_none=True) for name, column in wanted.columns.items()}
        file.columns = {name: texts for name, texts in said.items() if any(texts.values())}
    file.edition += 1
    await record(session, actor, AuditAction.FILE_CHANGED, "file", file.id, before=before, after=_told(file))
    return read_of(file)


def _told(file: File) -> dict[str, str]:
    """What people wrote of a file, in a form that shows a change and no text."""
    columns = json.dumps(file.columns, sort_keys=True)
    return {
        "name": fingerprint(file.name),
        "description": fingerprint(file.description),
        "columns": fingerprint(columns),
    }


def _require_columns(file: File, names: list[str]) -> None:
    version = current(file)
    if version is None or version.catalog is None:
        raise NotReady(state=file.versions[0].state)
    known = {column["name"] for table in version.catalog["tables"] for column in table["columns"]}
    for name in names:
        if name not in known:
            raise ValidationFailed(_NO_COLUMN, pointer=f"/columns/{name}", column=name[:80])


async def delete(session: Session, actor: Actor, file_id: UUID) -> None:
    """Removes a file that no agent of its owner reads, for everybody; questions that run on it end first.

    Raises NotFound, NotYours, Conflict.
    """
    file = await own(session, actor, file_id, lock=True)
    agents = await files.agents_reading(session, file_id)
    if agents:
        raise Conflict(_IN_USE, agents=agents)
    await files.soft_delete(session, file)
    await shares.remove_all(session, SharedKind.FILE, file_id)
    await record(session, actor, AuditAction.FILE_DELETED, "file", file.id)


async def preview(engine: Engine, actor: Actor, file_id: UUID, *, limit: int) -> FilePreview:
    """The first rows through the same gate and walls as a question's, and the stored profile and report.

    Raises NotFound, NotReady, and RefusedByPolicy when the rules of a shared file cannot hold.
    """
    async with engine.platform.database.read() as session:
        file = await readable(session, actor, file_id)
        restriction = await source_rules.holding(session, actor.user_id, [file_id])
    version, rules = current(file), restriction.of(file_id)
    if version is None or version.catalog is None:
        raise NotReady(state=file.versions[0].state)
    catalog = described(StoredCatalog(version.catalog, file.description, file.columns))
    table = visible(catalog, by_table([(rules, {})])).tables[0]
    rows = await _first_rows(engine, _source(file, version), table, restriction, limit=limit)
    return FilePreview(
        id=file.id,
        version=version.number,
        table=table.name,
        rows_total=None if rules is not None and rules.hides_rows else version.rows,
        columns=[ResultColumn(name=column.name, type=column.type.value) for column in table.columns],
        rows=rows,
        profile=json_value([asdict(column) for column in table.columns]),
        report=_translated(version.report or {}, actor.language) if rules is None else {},
    )


async def _first_rows(
    engine: Engine, source: SourceVersion, table: TableProfile, restriction: Restriction, *, limit: int
) -> list[list[results.JsonCell]]:
    settings = engine.platform.settings
    bounds = Limits(limit, settings.max_result_bytes, settings.statement_timeout_s)
    sql = f"SELECT * FROM {_quoted(table)} LIMIT {limit}"  # noqa: S608  (a quoted name, a number)
    async with engine.sources.use((source,)) as whole:
        opened = restrict(whole, by_table([(restriction.of(source.file_id), {})]), restriction)
        statement = check(sql, dialect=opened.catalog.dialect, tables=[table.name], policy=opened.policy)
        result = await opened.connector.query(statement, bounds)
    return [[results.json_cell(cell) for cell in row] for row in result.rows]


def _quoted(table: TableProfile) -> str:
    return '"' + table.name.replace('"', '""') + '"'


def _source(file: File, version: FileVersion) -> SourceVersion:
    return SourceVersion(
        file_id=file.id,
        file_name=file.name,
        edition=file.edition,
        version_id=version.id,
        state=FileState(version.state),
        storage_key=version.storage_key,
    )


def _translated(value: Any, language: Language) -> Any:
    """A stored report with its sentences, kept in both languages, in the reader's one."""
    if isinstance(value, dict):
        if value.keys() == {"en", "pt"}:
            return value["pt" if language is Language.PT else "en"]
        return {key: _translated(item, language) for key, item in value.items()}
    return [_translated(item, language) for item in value] if isinstance(value, list) else value
