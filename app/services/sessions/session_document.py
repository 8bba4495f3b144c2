"""A conversation as a document in Markdown."""

from collections.abc import Iterator

from app.core.i18n import Language, Text
from app.models import Speaker
from app.schemas.sessions import MessageRead, SessionRead

_UNTITLED = Text(en="Conversation", pt="Conversa")
_QUESTION = Text(en="Question", pt="Pergunta")
_ANSWER = Text(en="Answer", pt="Resposta")
_OPEN = Text(en="(not answered yet)", pt="(ainda sem resposta)")
_ROWS = Text(en="{rows} rows: GET {path}", pt="{rows} linhas: GET {path}")
_CHART = Text(en="Chart: {title} ({kind}), GET {path}", pt="Gráfico: {title} ({kind}), GET {path}")
_COST = Text(en="Tokens: {tokens_in} in, {tokens_out} out", pt="Tokens: {tokens_in} de entrada, {tokens_out} de saída")


def markdown(session: SessionRead, messages: list[MessageRead], language: Language) -> str:
    """Questions as headings, answers with their SQL, and where to read rows and charts."""
    title = _one_line(session.title or _UNTITLED.to(language))
    parts = [f"# {title}", f"{session.created_at.isoformat()} · {session.id}"]
    for message in messages:
        parts += _message(message, language)
    return "\n\n".join(parts) + "\n"


def _message(message: MessageRead, language: Language) -> Iterator[str]:
    if message.speaker == Speaker.NOTICE:
        yield f"> {_one_line(message.text or '')}"
    elif message.speaker == Speaker.USER:
        yield f"## {message.number}. {_QUESTION.to(language)}"
        yield _quoted(message.text or "")
    else:
        yield f"### {message.number}. {_ANSWER.to(language)}"
        yield _quoted(message.text) if message.text else _OPEN.to(language)
        yield from _behind(message, language)


def _behind(message: MessageRead, language: Language) -> Iterator[str]:
    query = message.query
    if query is None:
        return
    path = f"/api/v1/queries/{query.id}"
    if query.sql is not None:
        fence = "```" if "```" not in query.sql else "````"
        yield f"{fence}sql\n{query.sql}\n{fence}"
    if query.row_count is not None:
        yield _ROWS.to(language, rows=query.row_count, path=f"{path}/result")
    if query.chart is not None:
        title, kind = _one_line(query.chart.title), query.chart.type
        yield _CHART.to(language, title=title, kind=kind, path=f"{path}/chart")
    if query.tokens_in or query.tokens_out:
        cost = "" if query.cost_usd is None else f" (USD {query.cost_usd.normalize():f})"
        yield _COST.to(language, tokens_in=query.tokens_in, tokens_out=query.tokens_out) + cost


def _quoted(text: str) -> str:
    """`text` as paragraphs that open neither a heading nor a block of their own: each line is escaped at its start."""
    return "\n".join(_escaped(line) for line in text.splitlines())


def _escaped(line: str) -> str:
    return "\\" + line if line[:1] in {"#", ">", "-", "+", "*", "=", "`", "~", "|"} else line


def _one_line(text: str) -> str:
    return " ".join(text.split())
