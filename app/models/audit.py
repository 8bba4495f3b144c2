"""The audit log: what happened, sealed into a chain once, and where the chain begins after old events were removed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class AuditAction(StrEnum):
    """What can be done that has to be provable afterwards."""

    USER_REGISTERED = "user.registered"
    USER_CREATED = "user.created"
    USER_UPDATED = "user.updated"
    USER_DELETED = "user.deleted"
    USER_ROLE_CHANGED = "user.role_changed"
    QUOTA_CHANGED = "quota.changed"
    USER_PERMISSIONS_CHANGED = "user.permissions_changed"
    ROLE_CREATED = "role.created"
    ROLE_UPDATED = "role.updated"
    ROLE_DELETED = "role.deleted"
    PROFILE_CHANGED = "profile.changed"
    ACCOUNT_CLOSED = "account.closed"
    ACCOUNT_ERASED = "account.erased"
    DATA_EXPORTED = "account.data_exported"
    SIGNED_IN = "auth.signed_in"
    SIGN_IN_FAILED = "auth.sign_in_failed"
    SIGNED_OUT = "auth.signed_out"
    REFRESH_TOKEN_REUSED = "auth.refresh_token_reused"  # noqa: S105  (the name of an event)
    SIGN_IN_REVOKED = "auth.sign_in_revoked"
    PASSWORD_RESET_ASKED = "auth.password_reset_asked"  # noqa: S105  (the name of an event)
    PASSWORD_RESET = "auth.password_reset"  # noqa: S105  (the name of an event)
    SECOND_FACTOR_ON = "auth.second_factor_on"
    SECOND_FACTOR_OFF = "auth.second_factor_off"
    SECOND_FACTOR_FAILED = "auth.second_factor_failed"
    RECOVERY_CODE_USED = "auth.recovery_code_used"
    KEY_CREATED = "api_key.created"
    KEY_REVOKED = "api_key.revoked"
    KEY_USED = "api_key.used"
    PERMISSION_REFUSED = "permission.refused"
    AGENT_CREATED = "agent.created"
    AGENT_UPDATED = "agent.updated"
    AGENT_DELETED = "agent.deleted"
    AGENT_CLONED = "agent.cloned"
    FILE_UPLOADED = "file.uploaded"
    FILE_CHANGED = "file.changed"
    FILE_VERSION_ADDED = "file.version_added"
    FILE_DELETED = "file.deleted"
    SHARE_GIVEN = "share.given"
    SHARE_REVOKED = "share.revoked"
    RULES_CHANGED = "source_rules.changed"
    RULES_REMOVED = "source_rules.removed"
    DATABASE_CONNECTED = "database.connected"
    DATABASE_CHANGED = "database.changed"
    DATABASE_TESTED = "database.tested"
    DATABASE_REFRESHED = "database.refreshed"
    DATABASE_DELETED = "database.deleted"
    TABLE_CREATED = "database.table_created"
    QUERY_SUBMITTED = "query.submitted"
    QUERY_REFUSED = "query.refused"
    QUERY_CANCELLED = "query.cancelled"
    QUERY_INPUT_GIVEN = "query.input_given"
    BATCH_SUBMITTED = "batch.submitted"
    BATCH_CANCELLED = "batch.cancelled"
    BATCH_EXPORTED = "batch.exported"
    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_CHANGED = "schedule.changed"
    SCHEDULE_DELETED = "schedule.deleted"
    SCHEDULE_RUN = "schedule.run"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_TESTED = "webhook.tested"
    WEBHOOK_DELETED = "webhook.deleted"
    FEEDBACK_GIVEN = "query.feedback_given"
    PAIR_VERIFIED = "pair.verified"
    PAIR_DELETED = "pair.deleted"
    PAIRS_EXPORTED = "pairs.exported"
    PAIRS_IMPORTED = "pairs.imported"
    SESSION_CREATED = "session.created"
    SESSION_CHANGED = "session.changed"
    SESSION_RESUMED = "session.resumed"
    SESSION_DELETED = "session.deleted"
    SESSION_EXPORTED = "session.exported"
    RESULT_EXPORTED = "query.result_exported"
    PRICE_SET = "model_price.set"
    EXCHANGE_RATE_SET = "exchange_rate.set"
    BUDGET_CREATED = "budget.created"
    BUDGET_CHANGED = "budget.changed"
    BUDGET_DELETED = "budget.deleted"
    BUDGET_OVERDRAWN = "budget.overdrawn"
    BUDGET_WARNED = "budget.warned"
    NOTICE_SET = "notice.set"
    NOTICE_REMOVED = "notice.removed"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORTED = "audit.exported"


class AuditOutcome(StrEnum):
    """How it went."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"


class AuditEvent(Identified, Base):
    """One thing that somebody did or was refused.

    Rows refer to others by plain ids, so that nothing keeps a person's row alive, and hold no text that a person
    wrote: they can never be changed. A trigger lets a row be sealed once (`seq` and `seal`), and removed only below
    a checkpoint.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_unsealed", "id", postgresql_where="seal IS NULL"),
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_action_id", "action", "id"),
        Index("ix_audit_events_outcome_id", "outcome", "id"),
        Index("ix_audit_events_object", "object_type", "object_id", "id"),
    )

    actor_id: Mapped[UUID | None]
    """NULL for strangers and for the system itself."""
    actor_kind: Mapped[str | None] = mapped_column(String(16))
    via: Mapped[str | None] = mapped_column(String(60))
    """`sign_in:` or `api_key:` and its id."""
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str | None] = mapped_column(String(60))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(128))
    outcome: Mapped[str] = mapped_column(String(16))
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """Place in the chain, without gaps, in the order of commits; NULL until it is sealed."""
    seal: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """HMAC over the seal before and this row."""


class AuditCheckpoint(Base):
    """Where the chain begins after retention removed everything up to `seq`."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Seal of the last removed event: what the next one was chained to."""
    proof: Mapped[bytes] = mapped_column(LargeBinary(32))
    """HMAC over `seq` and `seal`, so that only a holder of the key can have removed anything."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events are wanted; None means any."""

    actor_id: UUID | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
