"""Connected databases, their rights and their schema as people see them."""

from collections.abc import Iterable, Sequence

from app.connectors.catalog import ColumnProfile, TableProfile
from app.core.i18n import Language, Text
from app.models import SourceDatabase, SurveyState
from app.repositories.databases import Seen
from app.schemas.databases import (
    ColumnRead,
    DatabaseRead,
    PrivilegesRead,
    ReferenceRead,
    TableRead,
    TableSummary,
    Warned,
)
from app.schemas.queries import QueryError
from app.schemas.shares import SharedBy
from app.services.databases.database_fields import PLAIN

EXAMPLES = 5
_OF_SERVER = {"host", "port"}
"""Empty where the connection is a file, and told as null then."""
_SAME = ("id", *(name for name in PLAIN if name not in _OF_SERVER), "version", "created_at", "updated_at")
_WARNINGS = {
    "superuser": Text(
        en="It is a superuser: no rule of the server holds it.",
        pt="É um superusuário: nenhuma regra do servidor o limita.",
    ),
    "administers": Text(
        en="It may make users or databases, replicate, or see past row policies.",
        pt="Pode criar usuários ou bancos, replicar, ou ignorar políticas de linha.",
    ),
    "reads_server_files": Text(
        en="It may read or write files of the server, or start programs there.",
        pt="Pode ler ou gravar arquivos do servidor, ou iniciar programas nele.",
    ),
    "can_write": Text(en="It may change rows of tables.", pt="Pode alterar linhas de tabelas."),
    "rights_unknown": Text(
        en="Nobody looked at what it may do: with this engine, make sure yourself that it only reads.",
        pt="Ninguém verificou o que pode fazer: neste tipo de banco, certifique-se de que só lê.",
    ),
    "can_create": Text(en="It may make tables or other objects.", pt="Pode criar tabelas ou outros objetos."),
}


def read_of(database: SourceDatabase, seen: Seen, language: Language) -> DatabaseRead:
    """A database as its owner sees it."""
    ready, newest = seen.ready, seen.newest
    shown = ready or newest
    failed = newest is not None and newest.error is not None
    return DatabaseRead(
        **{name: getattr(database, name) for name in _SAME},
        host=database.host or None,
        port=database.port or None,
        user=database.username or None,
        shared_by=None,
        state=SurveyState.QUEUED if shown is None else shown.state,
        is_reading=newest is not None and newest.state in {SurveyState.QUEUED, SurveyState.READING},
        is_stale=ready is not None and ready.drifted_at is not None,
        read_at=None if ready is None else ready.finished_at,
        server=None if ready is None else ready.server,
        tables_found=None if ready is None else ready.tables_found,
        privileges=None if ready is None else privileges_read(ready.warnings or [], ready.grants or [], language),
        error=QueryError.model_validate(newest.error) if newest is not None and failed else None,
    )


def as_shared(database: DatabaseRead, shared_by: SharedBy) -> DatabaseRead:
    """The same as those see it with whom it is shared: without where it is, who enters it and with which rights."""
    hidden = dict.fromkeys(
        ("host", "port", "database", "user", "tls", "ca", "privileges", "error", "tables_found", "write_schema")
    )
    return database.model_copy(update={**hidden, "schemas": [], "tables": [], "shared_by": shared_by})


def privileges_read(warnings: Iterable[str], grants: Iterable[str], language: Language) -> PrivilegesRead:
    """Warnings with their sentences, and the statements that mend them."""
    told = [Warned(code=code, detail=_WARNINGS[code].to(language)) for code in warnings]
    return PrivilegesRead(warnings=told, grants=list(grants))


def summary_of(table: TableProfile) -> TableSummary:
    """A table in a list."""
    return TableSummary(name=table.name, description=table.description, rows=table.rows, columns=len(table.columns))


def table_read(table: TableProfile) -> TableRead:
    """A table with its columns."""
    return TableRead(
        name=table.name,
        description=table.description,
        rows=table.rows,
        primary_key=list(table.primary_key),
        foreign_keys=[ReferenceRead.model_validate(key) for key in table.foreign_keys],
        columns=[_column_read(column) for column in table.columns],
    )


def matching(tables: Sequence[TableProfile], contains: str | None) -> list[TableProfile]:
    """The tables whose name holds `contains`, letter case ignored, in their order."""
    wanted = (contains or "").casefold()
    return [table for table in tables if wanted in table.name.casefold()]


def _column_read(column: ColumnProfile) -> ColumnRead:
    return ColumnRead(
        name=column.name,
        type=column.type.value,
        description=column.description,
        minimum=column.minimum,
        maximum=column.maximum,
        examples=[entry.value for entry in column.common[:EXAMPLES]],
    )
