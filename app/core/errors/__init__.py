"""Every error a person or a program may meet, as one tree; `app.api.errors` maps it once to RFC 9457.

AgentGraphError
├── InvalidRequest (422)          ValidationFailed · SourceMissing · ModelNotConfigured · UnknownModel
├── Unauthenticated (401)
├── Forbidden (403)               PermissionDenied
├── NotFound (404)
├── MethodNotAllowed (405)
├── Conflict (409)                NotReady · AlreadyFinished
├── PreconditionFailed (412)
├── Gone (410)                    ResultExpired
├── TooLarge (413)
├── RateLimited (429)             BudgetExhausted
├── QuestionError (422)           NotAnswerable · Ambiguous · RefusedByPolicy · SqlInvalid · TooManyRows
├── Unavailable (503)             Overloaded · DatabaseUnreachable (see databases) · ModelFailed (502)
│                                 TimedOut (504)
└── Internal (500)                Misconfigured

Each part of the product has its branch in a module of this package: accounts (passwords, tokens, keys), access (limits,
second factors, repeated requests), people, files, databases, results (charts, what is asked back), sessions.

`fields` is for machines and reaches the client; nothing secret, no driver text and no SQL of the system may enter it.
"""

from typing import ClassVar

from app.core.i18n import Language, Text


class AgentGraphError(Exception):
    """Base of all expected errors: a stable code, an HTTP status and a sentence that a person can act on.

    `title` names the kind of problem; `detail` describes this one and may use placeholders filled from `fields`.
    """

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    keeps_work: ClassVar[bool] = False
    """Whether the transaction in which it is raised is committed: True where the refusal itself changes something."""
    title: ClassVar[Text] = Text(en="Internal error", pt="Erro interno")
    detail: Text = Text(
        en="Something went wrong on our side. Quote the trace id when you report it.",
        pt="Algo deu errado do nosso lado. Informe o trace_id ao relatar.",
    )

    def __init__(self, detail: Text | None = None, *, pointer: str | None = None, **fields: object) -> None:
        if detail is not None:
            self.detail = detail
        self.pointer = pointer
        """JSON pointer of the request field at fault, when there is one."""
        self.fields = fields
        super().__init__(self.sentence(Language.EN))

    def sentence(self, language: Language) -> str:
        """What happened and what to do, in `language`."""
        return self.detail.to(language, **self.fields)


class Internal(AgentGraphError):
    """A defect of the product; the cause is in the log under the trace id."""


class Misconfigured(Internal):
    """The process cannot start with these settings; seen by whoever runs it, never by a client."""

    code = "misconfigured"
    title = Text(en="The settings do not allow a start", pt="As configurações não permitem iniciar")
    detail = Text(en="{setting}: {reason}", pt="{setting}: {reason}")


class InvalidRequest(AgentGraphError):
    code = "invalid_request"
    status = 422
    title = Text(en="The request is not valid", pt="A requisição não é válida")
    detail = Text(en="Check the fields listed in errors.", pt="Verifique os campos listados em errors.")


class ValidationFailed(InvalidRequest):
    code = "validation_failed"


class SourceMissing(InvalidRequest):
    code = "source_missing"
    title = Text(en="No data source", pt="Nenhuma fonte de dados")
    detail = Text(
        en="This agent has no data source that you can read. Add a file or a database to it.",
        pt="Este agente não tem nenhuma fonte de dados que você possa ler. Adicione um arquivo ou um banco.",
    )


class UnknownModel(InvalidRequest):
    code = "unknown_model"
    title = Text(en="Unknown model", pt="Modelo desconhecido")
    detail = Text(
        en="There is no model '{model}' here. GET /api/v1/models lists what this installation can use.",
        pt="Não existe o modelo '{model}' aqui. GET /api/v1/models lista o que esta instalação pode usar.",
    )


class ModelNotConfigured(InvalidRequest):
    code = "model_not_configured"
    title = Text(en="The model's provider is not configured", pt="O provedor do modelo não está configurado")
    detail = Text(
        en="The model '{model}' needs the setting {setting}, which is not set on this installation.",
        pt="O modelo '{model}' precisa da configuração {setting}, que não está definida nesta instalação.",
    )


class Unauthenticated(AgentGraphError):
    code = "unauthenticated"
    status = 401
    title = Text(en="Not signed in", pt="Não autenticado")
    detail = Text(
        en="Send a valid access token in the Authorization header.",
        pt="Envie um token de acesso válido no cabeçalho Authorization.",
    )


class Forbidden(AgentGraphError):
    code = "forbidden"
    status = 403
    title = Text(en="Not allowed", pt="Não permitido")
    detail = Text(en="You are not allowed to do this.", pt="Você não pode fazer isto.")


class PermissionDenied(Forbidden):
    code = "permission_denied"
    detail = Text(
        en="This needs the permission {permission}: {sentence}",
        pt="Isto exige a permissão {permission}: {sentence}",
    )


class NotFound(AgentGraphError):
    code = "not_found"
    status = 404
    title = Text(en="Not found", pt="Não encontrado")
    detail = Text(en="There is no such object.", pt="Este objeto não existe.")


class MethodNotAllowed(AgentGraphError):
    code = "method_not_allowed"
    status = 405
    title = Text(en="Method not allowed", pt="Método não permitido")
    detail = Text(
        en="This address does not answer that method; see the Allow header.",
        pt="Este endereço não responde a esse método; veja o cabeçalho Allow.",
    )


class Conflict(AgentGraphError):
    code = "conflict"
    status = 409
    title = Text(en="In conflict with the present state", pt="Em conflito com o estado atual")
    detail = Text(en="The object's state does not allow this.", pt="O estado do objeto não permite isto.")


class NotReady(Conflict):
    code = "not_ready"
    detail = Text(
        en="This is not ready yet (state: {state}). Ask its status route again in a moment.",
        pt="Isto ainda não está pronto (estado: {state}). Consulte a rota de status em instantes.",
    )


class AlreadyFinished(Conflict):
    code = "already_finished"
    detail = Text(en="It has ended already (state: {state}).", pt="Já terminou (estado: {state}).")


class PreconditionFailed(AgentGraphError):
    code = "precondition_failed"
    status = 412
    title = Text(en="Changed meanwhile", pt="Alterado nesse meio-tempo")
    detail = Text(
        en="The object has changed since you read it. Read it again and repeat your change.",
        pt="O objeto mudou desde que você o leu. Leia-o de novo e repita a alteração.",
    )


class TooLarge(AgentGraphError):
    code = "too_large"
    status = 413
    title = Text(en="Too large", pt="Grande demais")
    detail = Text(en="The limit is {limit_bytes} bytes.", pt="O limite é de {limit_bytes} bytes.")


class RateLimited(AgentGraphError):
    code = "rate_limited"
    status = 429
    title = Text(en="Too many requests", pt="Requisições demais")
    detail = Text(en="Try again in {retry_after_s} seconds.", pt="Tente de novo em {retry_after_s} segundos.")


class BudgetExhausted(RateLimited):
    code = "budget_exhausted"
    title = Text(en="The budget is used up", pt="O orçamento se esgotou")
    detail = Text(en="The budget {budget} is used up until {until}.", pt="O orçamento {budget} se esgotou até {until}.")


class QuestionError(AgentGraphError):
    """A question that did not get an answer, for a reason that lies in the question or its data."""

    code = "question_failed"
    status = 422
    title = Text(en="The question was not answered", pt="A pergunta não foi respondida")
    detail = Text(en="The question could not be answered.", pt="A pergunta não pôde ser respondida.")


class NotAnswerable(QuestionError):
    code = "not_answerable"
    detail = Text(en="{reason}", pt="{reason}")


class Ambiguous(QuestionError):
    code = "ambiguous"
    detail = Text(en="{reason}", pt="{reason}")


class RefusedByPolicy(QuestionError):
    """The SQL gate, or a rule of the installation, does not let this statement run; `rule` names which."""

    code = "refused_by_policy"
    title = Text(en="Refused by policy", pt="Recusado pela política")
    detail = Text(
        en="The statement was refused: {reason} (rule {rule}).",
        pt="O comando foi recusado: {reason} (regra {rule}).",
    )


class SqlInvalid(QuestionError):
    """The statement is allowed but the engine cannot run it; `reason` is the engine's own short message."""

    code = "sql_invalid"
    detail = Text(en="The SQL is not valid here: {reason}", pt="O SQL não é válido aqui: {reason}")


class TooManyRows(QuestionError):
    code = "too_many_rows"
    detail = Text(
        en="The result is larger than {limit} allows. Ask for fewer rows or a total.",
        pt="O resultado é maior do que {limit} permite. Peça menos linhas ou um total.",
    )


class Unavailable(AgentGraphError):
    code = "unavailable"
    status = 503
    title = Text(en="Not available right now", pt="Indisponível no momento")
    detail = Text(en="Try again in a moment.", pt="Tente de novo em instantes.")


class Overloaded(Unavailable):
    code = "overloaded"
    detail = Text(
        en="Too much is going on right now. Try again in {retry_after_s} seconds.",
        pt="Há trabalho demais neste momento. Tente de novo em {retry_after_s} segundos.",
    )


class DatabaseUnreachable(Unavailable):
    code = "database_unreachable"
    detail = Text(
        en="The data source does not answer. Try again, and check that it is up.",
        pt="A fonte de dados não responde. Tente de novo e verifique se ela está no ar.",
    )


class ModelFailed(Unavailable):
    code = "model_failed"
    status = 502
    title = Text(en="The model failed", pt="O modelo falhou")
    detail = Text(
        en="The model {model} did not answer usefully ({reason}). Try again or choose another model.",
        pt="O modelo {model} não respondeu de forma útil ({reason}). Tente de novo ou escolha outro modelo.",
    )


class TimedOut(Unavailable):
    code = "timed_out"
    status = 504
    title = Text(en="Out of time", pt="Tempo esgotado")
    detail = Text(
        en="It took longer than the limit of {limit_s} seconds.",
        pt="Demorou mais que o limite de {limit_s} segundos.",
    )
