"""Agents: making, reading, changing, copying and removing saved configurations."""

from uuid import UUID

from app.agentgraph.llm.registry import require_configured, resolve_model
from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import NotFound, ValidationFailed
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.models import Agent, AuditAction
from app.repositories import agents, databases, files
from app.schemas.agents import AgentClone, AgentCreate, AgentRead, AgentSettings, AgentUpdate
from app.services.agents.templates import find_template
from app.services.audit.audit import fingerprint, record
from app.services.engine.model_access import model_access
from app.services.entity_tags import require_match

OPTIONS = tuple(AgentSettings.model_fields)
_NO_NAME = Text(
    en="Give the agent a name, or a template that has one.", pt="Dê um nome ao agente, ou um modelo que tenha um."
)
_NO_TEMPLATE = Text(
    en="There is no template '{template}'. GET /api/v1/agents/templates lists them.",
    pt="Não existe o modelo '{template}'. GET /api/v1/agents/templates lista os que há.",
)
_NO_SOURCE = Text(
    en="There is no file or database {source_id}.", pt="Não existe o arquivo ou banco de dados {source_id}."
)
_TWICE = Text(en="A source is named twice.", pt="Uma fonte foi indicada duas vezes.")
_COPY = Text(en="{name} (copy)", pt="{name} (cópia)")


async def create(session: Session, settings: Settings, actor: Actor, *, wanted: AgentCreate) -> AgentRead:
    """Makes an agent. Raises ValidationFailed, UnknownModel, ModelNotConfigured."""
    values = _with_template(wanted)
    read_databases = await _check(session, settings, actor, values=values, source_ids=wanted.source_ids)
    agent = Agent(id=new_id(), owner_id=actor.user_id, version=1, **values)
    await agents.add(session, agent, wanted.source_ids, read_databases)
    made = _read(agent)
    await record(session, actor, AuditAction.AGENT_CREATED, "agent", agent.id, after=_noted(made))
    return made


async def read(session: Session, actor: Actor, agent_id: UUID) -> AgentRead:
    """One agent. Raises NotFound."""
    return _read(await _own(session, actor, agent_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[AgentRead]:
    """The actor's agents, newest first."""
    rows = await agents.page(session, actor.user_id, request)
    return page_of([_read(row) for row in rows], request)


async def update(
    session: Session, settings: Settings, actor: Actor, *, agent_id: UUID, wanted: AgentUpdate, if_match: str | None
) -> AgentRead:
    """Replaces an agent's configuration. Raises NotFound, PreconditionFailed, and what `create` raises."""
    agent = await _own(session, actor, agent_id, lock=True)
    require_match(agent.version, if_match)
    values, before = wanted.model_dump(include={*OPTIONS, "name"}), _noted(_read(agent))
    read_databases = await _check(session, settings, actor, values=values, source_ids=wanted.source_ids)
    for name, value in values.items():
        setattr(agent, name, value)
    await agents.replace_sources(session, agent, wanted.source_ids, read_databases)
    await agents.save(session, agent)
    changed = _read(agent)
    await record(session, actor, AuditAction.AGENT_UPDATED, "agent", agent.id, before=before, after=_noted(changed))
    return changed


async def clone(session: Session, actor: Actor, agent_id: UUID, *, wanted: AgentClone) -> AgentRead:
    """Makes a copy of an agent, sources included. Raises NotFound."""
    copied = await _own(session, actor, agent_id)
    original = _read(copied)
    name = wanted.name or _COPY.to(actor.language, name=original.name)[-200:]
    values = original.model_dump(include=set(OPTIONS))
    copy = Agent(id=new_id(), owner_id=actor.user_id, name=name, version=1, **values)
    read_databases = {source.database_id for source in copied.sources if source.database_id is not None}
    await agents.add(session, copy, original.source_ids, read_databases)
    after = {"copy_of": str(agent_id)}
    await record(session, actor, AuditAction.AGENT_CLONED, "agent", copy.id, after=after)
    return _read(copy)


async def delete(session: Session, actor: Actor, agent_id: UUID, *, if_match: str | None) -> None:
    """Removes an agent; questions asked to it stay in the history. Raises NotFound, PreconditionFailed."""
    agent = await _own(session, actor, agent_id, lock=True)
    require_match(agent.version, if_match)
    await agents.soft_delete(session, agent)
    await record(session, actor, AuditAction.AGENT_DELETED, "agent", agent.id)


def _noted(agent: AgentRead) -> dict[str, object]:
    """An agent as the audit log keeps it: what people wrote is there as a fingerprint."""
    values = agent.model_dump(mode="json", exclude={"id", "created_at", "updated_at"})
    return values | {name: fingerprint(values[name]) for name in ("name", "description", "instructions")}


async def _own(session: Session, actor: Actor, agent_id: UUID, *, lock: bool = False) -> Agent:
    agent = await agents.get(session, actor.user_id, agent_id, lock=lock)
    if agent is None:
        raise NotFound
    return agent


def _with_template(wanted: AgentCreate) -> dict[str, object]:
    """The options that were sent, then those of the template, then the defaults."""
    values = wanted.model_dump(include={*OPTIONS, "name"})
    if wanted.template is not None:
        template = find_template(wanted.template)
        if template is None:
            raise ValidationFailed(_NO_TEMPLATE, pointer="/template", template=wanted.template)
        unsent = values.keys() - wanted.model_fields_set
        values |= {name: getattr(template, name) for name in unsent if hasattr(template, name)}
    if values["name"] is None:
        raise ValidationFailed(_NO_NAME, pointer="/name")
    return values


async def _check(
    session: Session, settings: Settings, actor: Actor, *, values: dict[str, object], source_ids: list[UUID]
) -> set[UUID]:
    """Gives those of the sources that are databases."""
    for field in ("model", "processing_model"):
        name = values[field]
        if isinstance(name, str):
            require_configured(resolve_model(name), model_access(settings))
    return await _check_sources(session, actor, source_ids) if source_ids else set()


async def _check_sources(session: Session, actor: Actor, source_ids: list[UUID]) -> set[UUID]:
    if len(set(source_ids)) < len(source_ids):
        raise ValidationFailed(_TWICE, pointer="/source_ids")
    found = await databases.present(session, actor.user_id, source_ids)
    rest = [source_id for source_id in source_ids if source_id not in found]
    absent = await files.missing(session, actor.user_id, rest) if rest else []
    if absent:
        pointer = f"/source_ids/{source_ids.index(absent[0])}"
        raise ValidationFailed(_NO_SOURCE, pointer=pointer, source_id=str(absent[0]))
    return found


def _read(agent: Agent) -> AgentRead:
    return AgentRead.model_validate(
        {name: getattr(agent, name) for name in AgentRead.model_fields if name != "source_ids"}
        | {"source_ids": [source.source_id for source in agent.sources]}
    )
