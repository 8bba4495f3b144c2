"""A table made of an answer, in the database that it came from; people ask for it, never a question or a model."""

from dataclasses import dataclass
from uuid import UUID

from app.connectors.base import CheckedStatement
from app.connectors.new_table import NewTable
from app.connectors.sql_gate import check
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AgentGraphError
from app.core.errors.people import NotYours
from app.core.errors.results import TableRefused
from app.core.i18n import Text
from app.models import AuditAction, AuditOutcome, SourceDatabase
from app.repositories import agents, databases
from app.repositories.agents import AskedAgent, AskedDatabase
from app.schemas.query_tables import NewTableCreate, NewTableRead
from app.services.audit.audit import fingerprint, record
from app.services.engine.engine import Engine
from app.services.queries.asked_sources import opened, require_ready
from app.services.queries.queries import get
from app.services.queries.query_results import require_answer

_NO_SQL = Text(en="this answer has no statement", pt="esta resposta não tem um comando")
_NO_DATABASE = Text(
    en="it was not answered from one database alone", pt="ela não foi respondida a partir de um só banco de dados"
)
_CHANGED = Text(
    en="its agent is gone or reads something else now", pt="o agente dela não existe mais ou lê outra coisa agora"
)
_NOT_ALLOWED = Text(
    en="the connection allows no tables; set its write_schema",
    pt="a conexão não permite tabelas; defina o write_schema dela",
)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a table is made from, and where."""

    sql: str
    agent: AskedAgent
    database: SourceDatabase
    asked: AskedDatabase
    schema: str


async def create_table(engine: Engine, actor: Actor, query_id: UUID, wanted: NewTableCreate) -> NewTableRead:
    """Makes a table of all rows of the answer's statement, which the gate judges anew.

    Raises NotFound, what keeps a query from having rows, TableRefused, NotYours (a database that is only shared), and
    what the gate or the database says: RefusedByPolicy, SqlInvalid, TableExists, TimedOut, ConnectionFailed.
    """
    async with engine.platform.database.read() as session:
        source = await _source(session, actor, query_id)
    noted = {"query_id": str(query_id), "table": fingerprint(wanted.name), "statement": fingerprint(source.sql)}
    try:
        rows = await _made(engine, source, wanted.name)
    except AgentGraphError as error:
        await _note(engine, actor, source, {**noted, "code": error.code}, AuditOutcome.REFUSED)
        raise
    await _note(engine, actor, source, {**noted, "rows": rows}, AuditOutcome.SUCCEEDED)
    engine.databases.doubt(source.asked)
    return NewTableRead(
        database_id=source.database.id, schema_name=source.schema, name=wanted.name, rows=rows, sql=source.sql
    )


async def _source(session: Session, actor: Actor, query_id: UUID) -> _Source:
    query = await get(session, actor, query_id)
    require_answer(query)
    if not query.sql:
        raise TableRefused(_NO_SQL)
    read = (query.details or {}).get("sources") or {}
    agent = None if query.agent_id is None else await agents.asked(session, actor.user_id, query.agent_id)
    if len(read) != 1:
        raise TableRefused(_NO_DATABASE)
    if agent is None or agent.sources or len(agent.databases) != 1 or str(agent.databases[0].id) not in read:
        raise TableRefused(_NO_DATABASE if agent is not None and not agent.databases else _CHANGED)
    [asked] = agent.databases
    database = await databases.get_own(session, actor.user_id, asked.id)
    if database is None:
        raise NotYours
    if database.write_schema is None:
        raise TableRefused(_NOT_ALLOWED)
    return _Source(query.sql, agent, database, asked, database.write_schema)


async def _made(engine: Engine, source: _Source, name: str) -> int:
    require_ready(source.agent)
    settings, access = engine.platform.settings, engine.databases.access
    async with opened(engine, source.agent) as open_source:
        tables = [table.name for table in open_source.catalog.tables]
        statement: CheckedStatement = check(
            source.sql, dialect=open_source.catalog.dialect, tables=tables, policy=open_source.policy
        )
    timeout_s = min(settings.statement_timeout_s, source.database.timeout_s or settings.statement_timeout_s)
    return await engine.registry.create_table(
        access.endpoint(source.database),
        access.link(connections=1),
        statement=statement,
        table=NewTable(source.schema, name),
        timeout_s=timeout_s,
    )


async def _note(engine: Engine, actor: Actor, source: _Source, after: dict[str, object], outcome: AuditOutcome) -> None:
    async with engine.platform.database.transaction() as session:
        await record(
            session, actor, AuditAction.TABLE_CREATED, "database", source.database.id, after=after, outcome=outcome
        )
