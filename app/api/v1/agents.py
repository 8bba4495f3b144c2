"""Routes for agents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from app.api.deps import IfMatch, PageDep, PlatformDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import ModelNotConfigured, PreconditionFailed, UnknownModel, ValidationFailed
from app.core.permissions import Permission
from app.schemas.agents import AgentClone, AgentCreate, AgentRead, AgentUpdate, TemplateList, TemplateRead
from app.schemas.common import PageRead
from app.services.agents import agents
from app.services.agents.templates import all_templates
from app.services.entity_tags import etag

router = APIRouter(prefix="/agents", tags=["agents"])

REFUSALS = (ValidationFailed, UnknownModel, ModelNotConfigured)


@router.get("/templates")
async def list_templates(_: Annotated[Actor, Depends(requires(Permission.AGENTS_READ))]) -> TemplateList:
    """Defaults to make agents from, in Portuguese and English; send an id as `template` when you create one."""
    return TemplateList(items=[TemplateRead.model_validate(template) for template in all_templates()])


@router.get("/")
async def list_agents(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_READ))], session: ReaderDep, page: PageDep
) -> PageRead[AgentRead]:
    """One's own agents, newest first."""
    return PageRead[AgentRead].model_validate(await agents.list_page(session, actor, page))


@router.post("/", status_code=status.HTTP_201_CREATED, responses=problems(*REFUSALS))
async def create_agent(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_CREATE))],
    body: AgentCreate,
    session: SessionDep,
    platform: PlatformDep,
    response: Response,
) -> AgentRead:
    """Makes an agent. A model that cannot be used here is refused now, naming the setting that is missing."""
    return _tagged(response, await agents.create(session, platform.settings, actor, wanted=body), is_new=True)


@router.get("/{agent_id}")
async def read_agent(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_READ))],
    agent_id: UUID,
    session: ReaderDep,
    response: Response,
) -> AgentRead:
    """One agent; its ETag guards changes."""
    return _tagged(response, await agents.read(session, actor, agent_id))


@router.put("/{agent_id}", responses=problems(PreconditionFailed, *REFUSALS))
async def update_agent(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_UPDATE))],
    agent_id: UUID,
    body: AgentUpdate,
    session: SessionDep,
    platform: PlatformDep,
    response: Response,
    if_match: IfMatch = None,
) -> AgentRead:
    """Replaces an agent's whole configuration."""
    settings = platform.settings
    agent = await agents.update(session, settings, actor, agent_id=agent_id, wanted=body, if_match=if_match)
    return _tagged(response, agent)


@router.delete("/{agent_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(PreconditionFailed))
async def delete_agent(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_DELETE))],
    agent_id: UUID,
    session: SessionDep,
    if_match: IfMatch = None,
) -> None:
    """Removes an agent; the questions asked to it stay in the history."""
    await agents.delete(session, actor, agent_id, if_match=if_match)


@router.post("/{agent_id}/clone", status_code=status.HTTP_201_CREATED)
async def clone_agent(
    actor: Annotated[Actor, Depends(requires(Permission.AGENTS_CREATE))],
    agent_id: UUID,
    session: SessionDep,
    response: Response,
    body: AgentClone | None = None,
) -> AgentRead:
    """Makes a copy of an agent with the same sources."""
    return _tagged(response, await agents.clone(session, actor, agent_id, wanted=body or AgentClone()), is_new=True)


def _tagged(response: Response, agent: AgentRead, *, is_new: bool = False) -> AgentRead:
    response.headers["ETag"] = etag(agent.version)
    if is_new:
        response.headers["Location"] = f"/api/v1/agents/{agent.id}"
    return agent
