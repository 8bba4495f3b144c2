"""Whether the process lives and whether it can serve; for supervisors and load balancers, outside of versions."""

from fastapi import APIRouter, Response

from app.api.deps import PlatformDep
from app.schemas.health import Liveness, ReadinessRead
from app.services.platform import check_readiness

router = APIRouter(tags=["health"])


@router.get("/livez")
async def get_liveness() -> Liveness:
    """Answers as long as the process does; asks nothing else."""
    return Liveness(status="up")


@router.get("/readyz", responses={503: {"model": ReadinessRead, "description": "Not ready"}})
async def get_readiness(platform: PlatformDep, response: Response) -> ReadinessRead:
    """503 while the system database is away; without Valkey the system goes on, slower."""
    readiness = await check_readiness(platform)
    response.status_code = 200 if readiness.is_ready else 503
    return ReadinessRead.model_validate(readiness)
