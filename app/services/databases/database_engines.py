"""Which engines of databases this installation can connect to, and how far each is supported."""

from app.connectors.dialects import DIALECTS, installed
from app.connectors.endpoint import DEFAULT_PORTS
from app.core.engines import FILE_ENGINES, OTHER_ENGINES, EngineKind, Support
from app.schemas.databases import EngineList, EngineRead
from app.services.engine.engine import Engine


def list_engines(engine: Engine) -> EngineList:
    """All engines, in the order in which people are told of them."""
    settings = engine.databases.access.settings
    is_folder_there = settings.database_folder is not None
    return EngineList(
        items=[
            _other(kind, is_open=kind in settings.other_engines)
            if kind in OTHER_ENGINES
            else _own(kind, is_open=is_folder_there or kind not in FILE_ENGINES)
            for kind in EngineKind
        ]
    )


def _own(kind: EngineKind, *, is_open: bool) -> EngineRead:
    return EngineRead(
        engine=kind,
        support=Support.FULL,
        is_open=is_open,
        is_installed=True,
        package=None,
        default_port=DEFAULT_PORTS.get(kind),
    )


def _other(kind: EngineKind, *, is_open: bool) -> EngineRead:
    other = DIALECTS[kind]
    return EngineRead(
        engine=kind,
        support=Support.BEST_EFFORT,
        is_open=is_open,
        is_installed=installed(other),
        package=other.package,
        default_port=DEFAULT_PORTS.get(kind),
    )
