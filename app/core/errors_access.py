"""Errors of limits, of second factors and of repeated requests; part of the tree in `app.core.errors`.

RateLimited (429)            TooManyQuestions · QuotaExhausted
HeadersTooLarge (431)
"""

from app.core.errors import AgentGraphError, RateLimited
from app.core.i18n import Text


class HeadersTooLarge(AgentGraphError):
    code = "headers_too_large"
    status = 431
    title = Text(en="The headers are too large", pt="Os cabeçalhos são grandes demais")
    detail = Text(
        en="Address and headers may have {limit_bytes} bytes together.",
        pt="Endereço e cabeçalhos podem ter {limit_bytes} bytes ao todo.",
    )


class TooManyQuestions(RateLimited):
    code = "too_many_questions"
    title = Text(en="Too many questions at once", pt="Perguntas demais ao mesmo tempo")
    detail = Text(
        en="{open} of your questions are not answered yet, and {limit} may be at a time. Wait for one to end.",
        pt="{open} perguntas suas ainda não foram respondidas, e o máximo é {limit}. Espere uma terminar.",
    )


class QuotaExhausted(RateLimited):
    """`quota` names which: that of the user or that of the installation, in questions or in tokens."""

    code = "quota_exhausted"
    title = Text(en="The quota of the day is used up", pt="A cota do dia se esgotou")
    detail = Text(
        en="The quota {quota} of {limit} is used up for today. It begins anew at midnight (UTC).",
        pt="A cota {quota} de {limit} se esgotou por hoje. Ela recomeça à meia-noite (UTC).",
    )
