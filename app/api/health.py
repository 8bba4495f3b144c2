"""Whether the process lives and whether it can serve; for supervisors and load balancers, outside of versions."""

import hmac
import ipaddress
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials

from app.api.deps import PlatformDep, SessionDep, bearer
from app.api.middleware import address_of
from app.api.openapi import problems
from app.core.errors import Unauthenticated
from app.schemas.health import Liveness, ReadinessRead
from app.services.monitoring import metrics
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


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(Unauthenticated)},
)
async def get_metrics(
    request: Request,
    platform: PlatformDep,
    session: SessionDep,
    header: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Response:
    """The figures of the whole installation for Prometheus, whichever process answers.

    It needs `AGENTGRAPH_METRICS_TOKEN` as a bearer token; without that setting it answers this machine alone.
    """
    token = platform.settings.metrics_token
    if token is None:
        is_allowed = _is_local(address_of(request.scope))
    else:
        given = "" if header is None else header.credentials
        is_allowed = hmac.compare_digest(given.encode(), token.get_secret_value().encode())
    if not is_allowed:
        raise Unauthenticated
    return Response(await metrics.prometheus(session, platform), media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_local(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
