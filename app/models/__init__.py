"""Tables of the system database."""

from app.models.agents import Agent, AgentSource
from app.models.api_keys import ApiKey
from app.models.audit import AuditAction, AuditCheckpoint, AuditEvent, AuditFilter, AuditOutcome
from app.models.auth import PasswordReset, RefreshToken, SignIn
from app.models.base import Base
from app.models.batches import Batch, BatchState
from app.models.budgets import Budget, BudgetPeriod, BudgetReservation
from app.models.data_exports import DataExport, ExportState
from app.models.databases import DatabaseSnapshot, SourceDatabase, SurveyState
from app.models.erasures import Erasure, ErasureState
from app.models.exchange_rates import ExchangeRate
from app.models.exchanges import Exchange, ExchangeFilter
from app.models.feedback import Feedback, Pair, PairState, Verdict
from app.models.files import File, FileState, FileVersion, Origin
from app.models.idempotency import IdempotencyKey
from app.models.jobs import Job, JobState
from app.models.measures import MeasureDay, MeasureHour, MeasureTotal, ProcessHeartbeat
from app.models.metering import MeteredDay, Work
from app.models.notices import Notice, NoticeKind
from app.models.queries import FINAL_STATES, RESTING_STATES, Query, QueryResult, QueryState, QueryTrace, StatsBy
from app.models.quotas import Quota
from app.models.roles import Role, UserPermission
from app.models.schedules import Schedule
from app.models.second_factors import RecoveryCode, SecondFactor
from app.models.sessions import (
    BusyPolicy,
    Conversation,
    Message,
    SessionFilter,
    SessionState,
    SessionSummary,
    Speaker,
)
from app.models.shares import RECEIVED, Share, SharedKind
from app.models.source_rules import SourceRules
from app.models.uploads import Upload, UploadChunk
from app.models.usage import CallAnswer, CostFilter, ModelPrice, UsageHour, UsageRecord
from app.models.users import User, UserKind
from app.models.webhooks import DeliveryState, QueryWebhook, Webhook, WebhookDelivery

__all__ = [
    "FINAL_STATES",
    "RECEIVED",
    "RESTING_STATES",
    "Agent",
    "AgentSource",
    "ApiKey",
    "AuditAction",
    "AuditCheckpoint",
    "AuditEvent",
    "AuditFilter",
    "AuditOutcome",
    "Base",
    "Batch",
    "BatchState",
    "Budget",
    "BudgetPeriod",
    "BudgetReservation",
    "BusyPolicy",
    "CallAnswer",
    "Conversation",
    "CostFilter",
    "DataExport",
    "DatabaseSnapshot",
    "DeliveryState",
    "Erasure",
    "ErasureState",
    "Exchange",
    "ExchangeFilter",
    "ExchangeRate",
    "ExportState",
    "Feedback",
    "File",
    "FileState",
    "FileVersion",
    "IdempotencyKey",
    "Job",
    "JobState",
    "MeasureDay",
    "MeasureHour",
    "MeasureTotal",
    "Message",
    "MeteredDay",
    "ModelPrice",
    "Notice",
    "NoticeKind",
    "Origin",
    "Pair",
    "PairState",
    "PasswordReset",
    "ProcessHeartbeat",
    "Query",
    "QueryResult",
    "QueryState",
    "QueryTrace",
    "QueryWebhook",
    "Quota",
    "RecoveryCode",
    "RefreshToken",
    "Role",
    "Schedule",
    "SecondFactor",
    "SessionFilter",
    "SessionState",
    "SessionSummary",
    "Share",
    "SharedKind",
    "SignIn",
    "SourceDatabase",
    "SourceRules",
    "Speaker",
    "StatsBy",
    "SurveyState",
    "Upload",
    "UploadChunk",
    "UsageHour",
    "UsageRecord",
    "User",
    "UserKind",
    "UserPermission",
    "Verdict",
    "Webhook",
    "WebhookDelivery",
    "Work",
]
