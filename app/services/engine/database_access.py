"""From the stored row of a database to a connector: its password opened, its limits set."""

from dataclasses import dataclass
from functools import cached_property

from app.connectors.endpoint import Endpoint, Link
from app.connectors.registry import Registry
from app.connectors.survey import ServerConnector
from app.core.config import Settings
from app.core.crypto import Vault, open_vault
from app.core.engines import EngineKind, TlsMode
from app.core.errors import Misconfigured
from app.core.errors.databases import CredentialsRefused
from app.models import SourceDatabase


@dataclass
class DatabaseAccess:
    """Opens people's databases for one process."""

    registry: Registry
    settings: Settings

    @cached_property
    def vault(self) -> Vault:
        """What seals and opens passwords. Raises CredentialsRefused where there is no master key."""
        try:
            return open_vault(self.settings)
        except Misconfigured as error:
            raise CredentialsRefused from error

    def endpoint(self, database: SourceDatabase) -> Endpoint:
        """Where `database` is and who enters it. Raises CredentialsRefused, SecretUnreadable."""
        return Endpoint(
            engine=EngineKind(database.engine),
            host=database.host,
            port=database.port,
            database=database.database,
            user=database.username,
            password=self.vault.open(database.secret, record_id=database.id),
            tls=TlsMode(database.tls),
            ca=database.ca,
            schemas=tuple(database.schemas),
            tables=tuple(database.tables),
        )

    def open(self, endpoint: Endpoint, *, connections: int | None = None) -> ServerConnector:
        """A connector, not connected yet, with at most `connections`; whoever asked for it closes it."""
        return self.registry.open_server(endpoint, self.link(connections=connections))

    def link(self, *, connections: int | None = None) -> Link:
        """How connections are made: their time to open, and at most `connections` of them."""
        most = self.settings.database_connections
        return Link(
            connect_timeout_s=self.settings.connect_timeout_s,
            connections=min(connections or most, most),
            idle_s=self.settings.database_idle_s,
        )
