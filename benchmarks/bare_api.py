"""The route that anybody would write: FastAPI, SQLAlchemy, one row or a page of them, and nothing of the product else.

No caller is identified, nothing is counted, limited, logged or hidden. `make bench-api` measures the product by it.
"""

import os
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from app.core.db import SYSTEM, async_url
from app.models import Agent
from app.schemas.agents import AgentRead

URL_VARIABLE: Final = "BARE_DATABASE_URL"
PORT_VARIABLE: Final = "BARE_PORT"


def create_app() -> FastAPI:
    """`GET /agents/{id}` and `GET /agents/`, over the product's own table."""
    # The setting opens the rows to the connection, once for all.
    engine = create_async_engine(
        async_url(os.environ[URL_VARIABLE]),
        pool_size=10,
        connect_args={"server_settings": {"agentgraph.actor": SYSTEM}},
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    app = FastAPI()

    @app.get("/agents/{agent_id}")
    async def read_agent(agent_id: UUID, session: Annotated[AsyncSession, Depends(get_session)]) -> AgentRead:
        statement = select(Agent).where(Agent.id == agent_id).options(selectinload(Agent.sources))
        return _read((await session.execute(statement)).scalar_one())

    @app.get("/agents/")
    async def list_agents(limit: int, session: Annotated[AsyncSession, Depends(get_session)]) -> list[AgentRead]:
        statement = select(Agent).order_by(Agent.id.desc()).limit(limit).options(selectinload(Agent.sources))
        agents: Sequence[Agent] = (await session.execute(statement)).scalars().all()
        return [_read(agent) for agent in agents]

    return app


def _read(agent: Agent) -> AgentRead:
    return AgentRead.model_validate(
        {
            **{name: getattr(agent, name) for name in AgentRead.model_fields if name != "source_ids"},
            "source_ids": [source.file_id or source.database_id for source in agent.sources],
        }
    )


if __name__ == "__main__":
    uvicorn.run(
        "benchmarks.bare_api:create_app",
        factory=True,
        host="127.0.0.1",
        port=int(os.environ[PORT_VARIABLE]),
        access_log=False,
        log_level="warning",
    )
