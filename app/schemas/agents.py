"""Shapes of agents in requests and responses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.schemas.common import Name, RequestModel, ResponseModel

MAX_SOURCES = 20
"""Most sources that one agent may read."""

ModelName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class AgentSettings(BaseModel):
    """How an agent answers; the same in requests, responses and templates."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    """What the agent is for, for people."""
    instructions: Annotated[str, StringConstraints(max_length=8000)] = ""
    """The owner's own words to the model: vocabulary, rules of the business, tone."""
    model: ModelName | None = None
    """`provider:model` or a display name of GET /models; null: the installation's default, or the built-in planner."""
    processing_enabled: bool = False
    """Whether the processing agent narrows the schema and proposes a query first."""
    processing_model: ModelName | None = None
    """Model of the processing agent; null: the agent's own."""
    execute_suggestion: bool = True
    """Whether a proposed query that validates runs at once, which saves model calls."""
    refine_question: bool = False
    """Whether the question is made unambiguous before it is answered."""
    advanced_mode: bool = False
    """Whether the answer is refined afterwards."""
    charts_enabled: bool = True
    """Whether charts are drawn."""
    planner_first: bool = False
    """Whether the built-in planner tries before a model is paid."""
    candidates: int = Field(default=1, ge=1, le=5)
    """Queries that are compared by their rows where the first is in doubt: a statement had to be repaired, a value that
    it compares with is not stored, no row matches, or the answer holds numbers of its own. Each beyond the first costs
    one model call at the most; 1: none is compared."""
    max_rows: int = Field(default=1000, ge=1, le=10_000)
    """Most rows that one answer holds."""
    debug: bool = False
    """Whether each question keeps a redacted trace, for GET /queries/{id}/trace: prompts without secrets and without
    data of the sources, the models' words, tools, statements, tokens, seconds."""


class AgentCreate(RequestModel, AgentSettings):
    """A new agent."""

    name: Name | None = None
    """Required unless a template gives one."""
    source_ids: list[UUID] = Field(default_factory=list, max_length=MAX_SOURCES)
    """Files and databases that the agent reads, in this order. Of several, a question is put to the one that it is
    about, or to all of them joined where it needs more."""
    template: str | None = None
    """Id of GET /agents/templates; its values stand for the fields that are not sent."""


class AgentUpdate(RequestModel, AgentSettings):
    """An agent as it shall be from now on; fields that are not sent take their defaults."""

    name: Name
    source_ids: list[UUID] = Field(default_factory=list, max_length=MAX_SOURCES)
    """Files and databases that the agent reads, in this order. Of several, a question is put to the one that it is
    about, or to all of them joined where it needs more."""


class AgentClone(RequestModel):
    """What a copy may change."""

    name: Name | None = None
    """Name of the copy; null: the name of the original with a mark."""


class AgentRead(ResponseModel, AgentSettings):
    """An agent."""

    id: UUID
    name: str
    source_ids: list[UUID]
    version: int
    """Rises with every change; the ETag holds it."""
    created_at: datetime
    updated_at: datetime


class TemplateRead(ResponseModel, AgentSettings):
    """Defaults to make an agent from."""

    id: str
    language: str
    name: str


class TemplateList(ResponseModel):
    """All templates."""

    items: list[TemplateRead]
