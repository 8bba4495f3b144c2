"""Errors of what is made from a result; part of the tree in `app.core.errors`.

InvalidRequest (422)         ChartUnsuitable
Unavailable (503)            PictureFailed
"""

from app.core.errors import InvalidRequest, Unavailable
from app.core.i18n import Text


class ChartUnsuitable(InvalidRequest):
    """Rows that make no chart, or none of the kind asked for; `suitable` lists the kinds that they do make."""

    code = "chart_unsuitable"
    title = Text(en="The rows do not make this chart", pt="As linhas não formam este gráfico")
    detail = Text(en="{reason}", pt="{reason}")


class PictureFailed(Unavailable):
    """The child that draws pictures ended or could not read the specification, which can still be had as JSON."""

    code = "picture_failed"
    title = Text(en="The picture could not be drawn", pt="A imagem não pôde ser desenhada")
    detail = Text(
        en="The picture could not be drawn. Try again, or ask for the chart as application/json.",
        pt="A imagem não pôde ser desenhada. Tente de novo, ou peça o gráfico como application/json.",
    )
