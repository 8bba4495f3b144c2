"""Routes about the installation itself: its health, its figures, its speed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.api.deps import PlatformDep, SessionDep, requires
from app.core.permissions import Permission
from app.core.setting_sources import told_settings, unknown_variables
from app.schemas.health import SystemHealthRead
from app.schemas.live import SettingRead, SettingsRead
from app.schemas.metrics import MetricsRead, PerformanceAsked, PerformanceRead
from app.services.monitoring import metrics, system_health

router = APIRouter(prefix="/admin", tags=["admin"], dependencies=[Depends(requires(Permission.SYSTEM_READ))])


@router.get("/system-health")
async def read_system_health(platform: PlatformDep) -> SystemHealthRead:
    """The state of every part of the installation, within two seconds whatever is down."""
    return await system_health.check(platform)


@router.get("/settings")
async def read_settings(platform: PlatformDep) -> SettingsRead:
    """Every setting of the process that answers: its value, without secrets, where it comes from and what it means."""
    told = [SettingRead.model_validate(setting) for setting in told_settings(platform.settings)]
    return SettingsRead(items=told, unknown_variables=unknown_variables())


@router.get("/metrics")
async def read_metrics(session: SessionDep, platform: PlatformDep) -> MetricsRead:
    """What was done in the last 24 hours, how fast and how often not well, and what waits now."""
    return await metrics.read(session, platform)


@router.get("/performance")
async def read_performance(session: SessionDep, asked: Annotated[PerformanceAsked, Query()]) -> PerformanceRead:
    """Percentiles over time, from figures that are kept by the hour, and the slowest questions with their stages."""
    return await metrics.performance(session, asked)
