"""Errors of what comes of a question, part of the tree in `app.core.errors`: pictures, and what it asks back.

Conflict (409)               InputNotWanted
InvalidRequest (422)         ChartUnsuitable · TableRefused
Unavailable (503)            PictureFailed
"""

from app.core.errors import Conflict, InvalidRequest, Unavailable
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


class InputNotWanted(Conflict):
    code = "input_not_wanted"
    title = Text(en="Nothing was asked", pt="Nada foi perguntado")
    detail = Text(
        en="This question asks nothing back now; its state is {state}.",
        pt="Esta pergunta não pede resposta agora; o estado dela é {state}.",
    )


class TableRefused(InvalidRequest):
    """An answer of which no table may be made, for a reason that lies in the answer or in its connection."""

    code = "table_refused"
    title = Text(en="No table was made", pt="Nenhuma tabela foi criada")
    detail = Text(en="{reason}", pt="{reason}")
