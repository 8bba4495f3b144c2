"""Tables of the system database."""

from app.models.agents import Agent, AgentSource
from app.models.auth import RefreshToken, SignIn
from app.models.base import Base
from app.models.files import File, FileState, FileVersion
from app.models.grants import Grant
from app.models.jobs import Job, JobState
from app.models.queries import FINAL_STATES, Query, QueryResult, QueryState
from app.models.roles import Role, UserPermission
from app.models.usage import UsageRecord
from app.models.users import User, UserKind

__all__ = [
    "FINAL_STATES",
    "Agent",
    "AgentSource",
    "Base",
    "File",
    "FileState",
    "FileVersion",
    "Grant",
    "Job",
    "JobState",
    "Query",
    "QueryResult",
    "QueryState",
    "RefreshToken",
    "Role",
    "SignIn",
    "UsageRecord",
    "User",
    "UserKind",
    "UserPermission",
]
