"""Shapes of connections to databases; passwords go in and never come out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.core.engines import EngineKind, Support, TlsMode
from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.queries import QueryError
from app.schemas.shares import SharedBy

Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=253)]
PlainName = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f;={}]+$")]
"""Names of databases, users and schemas: nothing that ends a value in some driver's string."""
Secret = Annotated[SecretStr, Field(max_length=10_000)]
"""A password, or BigQuery's key of a service account, which is JSON of some 2,500 characters."""
TableName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DatabaseLimits(BaseModel):
    """Bounds of questions to one database; a bound of the installation holds beside them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    timeout_s: float | None = Field(default=None, gt=0, le=3600)
    """Longest statement, in seconds."""
    max_rows: int | None = Field(default=None, ge=1, le=10_000)
    """Most rows of one answer."""
    max_bytes: int | None = Field(default=None, ge=1024, le=2**31 - 1)
    """Most bytes of one answer's rows."""
    max_connections: int | None = Field(default=None, ge=1, le=50)
    """Connections that one process keeps open at the most."""
    cache_ttl_s: int = Field(default=60, ge=0, le=86_400)
    """How long the same question may have the same answer, in seconds; 0: never."""


class DatabaseConnect(RequestModel, DatabaseLimits):
    """A connection: either by its fields, or by a connection string that is taken apart into them."""

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    """What the database holds, for people."""
    dsn: Annotated[SecretStr, Field(max_length=2000)] | None = None
    """`postgresql://user:password@host:5432/database?sslmode=require`, `mysql://…`, `mariadb://…` or `mssql://…`; with
    it, none of the next six."""
    engine: EngineKind | None = None
    """`sqlite` and `duckdb` are files in the folder that the installation names by AGENTGRAPH_DATABASE_FOLDER:
    `database` is the path within it, and there is no host, port, user, password, CA or schema. `oracle`, `clickhouse`,
    `snowflake`, `bigquery` and `redshift` are best effort, and closed unless the installation opens them: see
    `GET /databases/engines`."""
    host: Host | None = None
    port: int | None = Field(default=None, ge=1, le=65_535)
    """Left out: the engine's own."""
    database: PlainName | None = None
    user: PlainName | None = None
    password: Secret | None = None
    tls: TlsMode | None = None
    """Left out: what the connection string says, or `verify`."""
    ca: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    """Certificates of authorities to trust, as PEM; left out: those of the system."""
    schemas: list[PlainName] = Field(default_factory=list, max_length=50)
    """Schemas to read, by precedence of equal names; empty: the engine's default one. Only PostgreSQL takes several;
    Oracle, Snowflake, BigQuery and Redshift take one."""
    tables: list[TableName] = Field(default_factory=list, max_length=5000)
    """Tables to read; empty: all that the user may read."""
    write_schema: PlainName | None = None
    """Schema (with MySQL: database) in which tables may be made of answers, by people who hold `tables:create`; left
    out: nothing is ever written. The connection's user must be allowed to make tables there, and should have no other
    rights beyond reading."""


class DatabaseReplace(RequestModel, DatabaseLimits):
    """A connection as it shall be from now on; fields that are left out take their defaults."""

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    engine: EngineKind
    host: Host | None = None
    """Needed but for files, as is the user."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    database: PlainName
    user: PlainName | None = None
    password: Secret | None = None
    """Left out: as it was, as long as the server, the user and the protection stay the same."""
    tls: TlsMode | None = None
    """Left out: `verify`."""
    ca: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    schemas: list[PlainName] = Field(default_factory=list, max_length=50)
    tables: list[TableName] = Field(default_factory=list, max_length=5000)
    write_schema: PlainName | None = None


class DatabaseChange(RequestModel):
    """What shall change; fields that are left out stay as they are."""

    name: Name | None = None
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    engine: EngineKind | None = None
    host: Host | None = None
    port: int | None = Field(default=None, ge=1, le=65_535)
    database: PlainName | None = None
    user: PlainName | None = None
    password: Secret | None = None
    """Needed when the server, the user or the protection changes."""
    tls: TlsMode | None = None
    ca: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    schemas: list[PlainName] | None = Field(default=None, max_length=50)
    tables: list[TableName] | None = Field(default=None, max_length=5000)
    write_schema: PlainName | None = None
    timeout_s: float | None = Field(default=None, gt=0, le=3600)
    max_rows: int | None = Field(default=None, ge=1, le=10_000)
    max_bytes: int | None = Field(default=None, ge=1024, le=2**31 - 1)
    max_connections: int | None = Field(default=None, ge=1, le=50)
    cache_ttl_s: int | None = Field(default=None, ge=0, le=86_400)


class Warned(ResponseModel):
    """Something that the database's user may do beyond reading."""

    code: str
    """`superuser`, `administers`, `reads_server_files`, `can_write`, `can_create`; or `rights_unknown`, with engines
    whose logins nobody looks at."""
    detail: str


class PrivilegesRead(ResponseModel):
    """What the database's user may do that reading does not need."""

    warnings: list[Warned]
    """Empty: it only reads, as it should."""
    grants: list[str]
    """Statements with which an administrator of the database makes a user that only reads."""


class EngineRead(ResponseModel):
    """An engine of databases, and what this installation can do with it."""

    engine: EngineKind
    support: Support
    """`full`: the tests hold its connector to the whole contract. `best_effort`: it goes through its SQLAlchemy dialect
    and was not tried on the original."""
    is_open: bool
    """Whether this installation connects to it."""
    is_installed: bool
    """Whether its driver is there."""
    package: str | None
    """What whoever runs the installation would install; null: nothing is needed."""
    default_port: int | None


class EngineList(ResponseModel):
    """All engines."""

    items: list[EngineRead]


class DatabaseTest(ResponseModel):
    """A connection that came about."""

    server: str
    """Product and version."""
    elapsed_ms: int
    privileges: PrivilegesRead


class DatabaseRead(ResponseModel, DatabaseLimits):
    """A connected database."""

    id: UUID
    name: str
    shared_by: SharedBy | None
    """Null: the connection is one's own. Of a shared one everything about the way there is left out."""
    description: str
    engine: str
    host: str | None
    port: int | None
    database: str | None
    user: str | None
    tls: str | None
    ca: str | None
    schemas: list[str]
    tables: list[str]
    write_schema: str | None
    """Where tables may be made of answers; null: nowhere."""
    state: str
    """Of the schema that questions read: `queued`, `reading`, `ready` (it can be asked) or `failed`."""
    is_reading: bool
    """Whether the schema is being read, or waits to be."""
    is_stale: bool
    """Whether the database has changed since its schema was read."""
    read_at: datetime | None
    """When the schema that questions read was read."""
    server: str | None
    """Product and version."""
    tables_found: int | None
    privileges: PrivilegesRead | None
    """Null until the schema was read once."""
    error: QueryError | None
    """Why the newest reading failed."""
    version: int
    """Rises with every change; the ETag holds it."""
    created_at: datetime
    updated_at: datetime


class TableSummary(ResponseModel):
    """One table or view."""

    name: str
    description: str | None
    rows: int | None
    """Counted for small tables, else the server's own estimate."""
    columns: int


class TableList(ResponseModel):
    """Tables by name."""

    items: list[TableSummary]
    total: int
    """How many there are in all that were asked for."""


class ColumnRead(ResponseModel):
    """One column."""

    name: str
    type: str
    """`integer`, `real`, `text`, `date`, `time`, `timestamp` or `boolean`."""
    description: str | None
    minimum: str | float | int | bool | None
    maximum: str | float | int | bool | None
    examples: list[str | float | int | bool | None]
    """Stored values, most frequent first."""


class ReferenceRead(ResponseModel):
    """A column that refers to another table."""

    column: str
    references_table: str
    references_column: str


class TableRead(ResponseModel):
    """One table or view with its columns."""

    name: str
    description: str | None
    rows: int | None
    primary_key: list[str]
    foreign_keys: list[ReferenceRead]
    columns: list[ColumnRead]


class SchemaRead(ResponseModel):
    """The schema of a database as it was last read."""

    items: list[TableRead]
    total: int
    read_at: datetime | None
    is_stale: bool
