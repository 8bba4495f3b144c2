"""Errors of limits, of policies on data, of second factors and of repeated requests; part of the tree in
`app.core.errors`.

Unauthenticated (401)        SecondFactorRequired · SecondFactorWrong
InvalidRequest (422)         IdempotencyKeyReused · PolicyInvalid
Conflict (409)               RequestInProgress · AnswerLost · SecondFactorOn
RateLimited (429)            TooManyQuestions · QuotaExhausted
HeadersTooLarge (431)
Unavailable (503)            ReadOnly
"""

from app.core.errors import AgentGraphError, Conflict, InvalidRequest, RateLimited, Unauthenticated, Unavailable
from app.core.i18n import Text


class HeadersTooLarge(AgentGraphError):
    code = "headers_too_large"
    status = 431
    title = Text(en="The headers are too large", pt="Os cabeçalhos são grandes demais")
    detail = Text(
        en="Address and headers may have {limit_bytes} bytes together.",
        pt="Endereço e cabeçalhos podem ter {limit_bytes} bytes ao todo.",
    )


class ReadOnly(Unavailable):
    code = "read_only"
    title = Text(en="Only reading for now", pt="Somente leitura por ora")
    detail = Text(
        en="The installation is being looked after and only reads. Try again in {retry_after_s} seconds.",
        pt="A instalação está em manutenção e só permite leitura. Tente de novo em {retry_after_s} segundos.",
    )


class SecondFactorRequired(Unauthenticated):
    code = "second_factor_required"
    title = Text(en="A code is needed", pt="Falta o código")
    detail = Text(
        en="The password is right. Sign in again with code: six digits of your authenticator app, or a recovery code.",
        pt="A senha está certa. Entre de novo com code: seis dígitos do aplicativo autenticador, ou um de recuperação.",
    )


class SecondFactorWrong(Unauthenticated):
    code = "second_factor_wrong"
    title = Text(en="Wrong code", pt="Código incorreto")
    detail = Text(
        en="The code is wrong, too old, or was used before. Wait for the next one of your authenticator app.",
        pt="O código está errado, vencido ou já foi usado. Espere o próximo do aplicativo autenticador.",
    )


class SecondFactorOn(Conflict):
    code = "second_factor_on"
    detail = Text(
        en="A second factor is on. Switch it off before you set up another one.",
        pt="Um segundo fator está ativo. Desative-o antes de configurar outro.",
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


class PolicyInvalid(InvalidRequest):
    """A rule on the rows and columns of a table that cannot be kept as it is written; `table` says of which."""

    code = "policy_invalid"
    title = Text(en="The rule on this table is not valid", pt="A regra sobre esta tabela não é válida")
    detail = Text(
        en="The rule on the table '{table}' is not valid: {reason}.",
        pt="A regra sobre a tabela '{table}' não é válida: {reason}.",
    )


class IdempotencyKeyReused(InvalidRequest):
    code = "idempotency_key_reused"
    title = Text(en="The key belongs to another request", pt="A chave pertence a outra requisição")
    detail = Text(
        en="This Idempotency-Key was sent with another request. Use a new key for each request.",
        pt="Esta Idempotency-Key foi enviada com outra requisição. Use uma chave nova para cada requisição.",
    )


class RequestInProgress(Conflict):
    code = "request_in_progress"
    title = Text(en="The request is being worked on", pt="A requisição está em andamento")
    detail = Text(
        en="The request with this Idempotency-Key has not been answered yet. Send it again in a moment.",
        pt="A requisição com esta Idempotency-Key ainda não foi respondida. Envie-a de novo em instantes.",
    )


class AnswerLost(Conflict):
    """The work was done, the process that did it died before it answered."""

    code = "answer_lost"
    title = Text(en="It was done, and the answer is lost", pt="Foi feito, e a resposta se perdeu")
    detail = Text(
        en="This request was done before: see the {object_type} {object_id}. What was answered cannot be repeated.",
        pt="Esta requisição já foi feita: veja {object_type} {object_id}. A resposta não pode ser repetida.",
    )
