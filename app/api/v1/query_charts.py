"""Routes for the charts of answers."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse

from app.api.accept import preferred
from app.api.deps import EngineDep, LanguageDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.errors.results import ChartUnsuitable, PictureFailed
from app.core.permissions import Permission
from app.schemas.queries import ChartTypeRead
from app.services.queries import query_charts
from app.services.queries.query_charts import ChartType

router = APIRouter(prefix="/queries", tags=["queries"])

Accept = Annotated[str | None, Header(description="Which of the documented forms is wanted.")]
JSON, PNG, SVG = "application/json", "image/png", "image/svg+xml"
FORMS: Final[dict[str, Any]] = {JSON: {"schema": {"type": "object"}}, PNG: {}, SVG: {}}
NO_CHART = (errors.NotReady, errors.AlreadyFinished, errors.QuestionError, ChartUnsuitable)


@router.get(
    "/{query_id}/chart",
    response_class=Response,
    responses={200: {"content": FORMS}, **problems(*NO_CHART, PictureFailed, errors.TimedOut)},
)
async def read_chart(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    query_id: UUID,
    engine: EngineDep,
    kind: Annotated[
        ChartType | None, Query(alias="type", description="Another kind of chart of the same rows, drawn at once.")
    ] = None,
    accept: Accept = None,
) -> Response:
    """The chart of an answer: its Vega-Lite specification, or a picture by `Accept: image/png` or `image/svg+xml`.

    Without `type` it is the one that came with the answer. Rows that do not make the chart are refused as
    `chart_unsuitable`, with the reason, and with the kinds that they do make in `suitable`.
    """
    async with engine.platform.database.read() as session:
        chart = await query_charts.chart_of(session, actor, query_id, kind)
    wanted = preferred(accept, (JSON, PNG, SVG))
    if wanted == JSON:
        return JSONResponse(chart.spec)
    picture = await query_charts.picture(engine, chart, "png" if wanted == PNG else "svg")
    return Response(picture, media_type=wanted)


@router.get(
    "/{query_id}/chart/types", responses=problems(errors.NotReady, errors.AlreadyFinished, errors.QuestionError)
)
async def list_chart_types(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    query_id: UUID,
    engine: EngineDep,
    language: LanguageDep,
) -> list[ChartTypeRead]:
    """Every kind of chart, and whether the rows of this answer make one."""
    async with engine.platform.database.read() as session:
        return await query_charts.types_of(session, actor, query_id, language)
