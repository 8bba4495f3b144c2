"""The SQL agent: a loop of model turns and tool calls that ends with an answer written from rows, or with none."""

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, ConfigDict

from app.agentgraph.agents.conversation import asked
from app.agentgraph.agents.processing import owner_words
from app.agentgraph.agents.sql_tools import MAX_TEXT_CHARS, TOOLS, ToolAnswer, texts, use_tool
from app.agentgraph.agents.suggestion import Suggestion
from app.agentgraph.agents.untrusted import plain
from app.agentgraph.context import Clarification
from app.agentgraph.llm import ModelSpec, Reply, ToolCall
from app.agentgraph.prompts import language_name, load_prompt
from app.agentgraph.run import Run
from app.connectors.base import CheckedStatement, ResultSet
from app.core.errors import Ambiguous, NotAnswerable, RefusedByPolicy
from app.core.i18n import Language, Text

NODE = "sql_agent"
PROMPT = load_prompt("sql_agent", "dialect", "max_rows", "language", "schema", "instructions")
WITHOUT_TOOLS = load_prompt("sql_agent_without_tools", "tools")
SUGGESTION = load_prompt("suggestion", "sql", "notes")

MAX_CLARIFICATIONS = 3
"""Questions back within one question; after those the model has to assume."""
MAX_OPTIONS = 5
_ENOUGH = "The user was asked enough. Take the likeliest reading, and name it in the assumptions."

_GAVE_UP = Text(
    en="The model did not reach an answer within {turns} turns. Rephrase the question or choose another model.",
    pt="O modelo não chegou a uma resposta em {turns} turnos. Reformule a pergunta ou escolha outro modelo.",
)
_NO_ROWS = Text(
    en="The model answered without running a query, so its answer cannot be trusted: {words}",
    pt="O modelo respondeu sem executar uma consulta, então a resposta não é confiável: {words}",
)
_DECLINED = Text(
    en="This data does not answer the question: {words}", pt="Estes dados não respondem à pergunta: {words}"
)


@dataclass(frozen=True, slots=True)
class Task:
    """What the SQL agent is to do."""

    question: str
    schema: str
    language: Language
    spec: ModelSpec
    suggestion: Suggestion | None = None
    conversation: str = ""
    """What was said before, as a model is told."""
    clarifications: tuple[Clarification, ...] = ()
    history: str = ""
    """What rows to look for, when the question is about the future."""


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """The model's sentence with the last statement that succeeded and its rows."""

    text: str
    statement: CheckedStatement
    result: ResultSet
    assumptions: tuple[str, ...] = ()
    """What the model took for granted in the statement."""


class Action(BaseModel):
    """One turn of a model that cannot call tools: the action's name and the arguments that it takes."""

    model_config = ConfigDict(extra="ignore")

    action: str
    sql: str = ""
    tables: list[str] = []
    text: str = ""
    reason: str = ""
    question: str = ""
    options: list[str] = []
    assumptions: list[str] = []


async def answer_with_sql(task: Task, run: Run) -> SqlAnswer:
    """Works until the model answers.

    Raises NotAnswerable (declined, gave up), Ambiguous (it asks back), RefusedByPolicy, ModelFailed.
    """
    messages = _opening(task, run)
    last: ToolAnswer | None = None
    turns = run.context.options.max_iterations
    for turn in range(1, turns + 1):
        reply = await _next(task, run, messages, turn)
        if not reply.tool_calls:
            return _finished(reply.text, last, task.language)
        messages.append(reply.message)
        for call in reply.tool_calls:
            _stop_if_declined(call, task.language)
            told = _asked_back(call, task) or await use_tool(call.name, call.arguments, run)
            last = told if told.result is not None else last
            messages.append(_told(told.text, call, task.spec))
    _raise_if_all_refused(run)
    raise NotAnswerable(reason=_GAVE_UP.to(task.language, turns=turns), rule="max_iterations")


def _opening(task: Task, run: Run) -> list[BaseMessage]:
    context = run.context
    system = PROMPT.fill(
        dialect=context.catalog.dialect,
        max_rows=str(context.limits.max_rows),
        language=language_name(task.language),
        schema=task.schema,
        instructions=owner_words(context.options.instructions),
    )
    if not task.spec.tools:
        system = f"{system}\n\n{WITHOUT_TOOLS.fill(tools=_tools_in_words())}"
    words = asked(
        task.question,
        task.conversation,
        context.examples,
        task.clarifications,
        earlier=context.earlier,
        history=task.history,
    )
    if task.suggestion:
        words += "\n" + SUGGESTION.fill(sql=task.suggestion.sql, notes=task.suggestion.notes)
    return [SystemMessage(system), HumanMessage(words)]


async def _next(task: Task, run: Run, messages: list[BaseMessage], turn: int) -> Reply:
    if task.spec.tools:
        return await run.models.ask(task.spec, messages, node=NODE, turn=turn, tools=TOOLS)
    # Two numbers a turn: an unreadable action is asked for once more.
    action = await run.models.ask_for(task.spec, messages, Action, node=NODE, turn=turn * 2)
    return _reply_of(action, turn)


def _reply_of(action: Action, turn: int) -> Reply:
    """`action` as if it had been a tool call, so that the loop knows one form only."""
    message = AIMessage(action.model_dump_json(exclude_defaults=True))
    if action.action == "answer":
        return Reply(action.text, (), message)
    arguments: dict[str, Any] = action.model_dump(exclude={"action"})
    return Reply("", (ToolCall(f"turn-{turn}", action.action, arguments),), message)


def _told(text: str, call: ToolCall, spec: ModelSpec) -> BaseMessage:
    return ToolMessage(text, tool_call_id=call.id) if spec.tools else HumanMessage(f"Result of {call.name}:\n{text}")


def _stop_if_declined(call: ToolCall, language: Language) -> None:
    if call.name == "decline":
        words = str((call.arguments or {}).get("reason") or "")
        raise NotAnswerable(reason=_DECLINED.to(language, words=words), rule="declined_by_model")


def _asked_back(call: ToolCall, task: Task) -> ToolAnswer | None:
    """Nothing unless the model asks the user back. Raises Ambiguous with what it asks, a few times at the most."""
    question = plain(str((call.arguments or {}).get("question") or ""), MAX_TEXT_CHARS)
    if call.name != "ask_user" or not question:
        return None
    if len(task.clarifications) >= MAX_CLARIFICATIONS:
        return ToolAnswer(_ENOUGH)
    options = texts((call.arguments or {}).get("options"), most=MAX_OPTIONS)
    raise Ambiguous(reason=question, options=list(dict.fromkeys(options)))


def _finished(text: str, last: ToolAnswer | None, language: Language) -> SqlAnswer:
    if last is None or last.statement is None or last.result is None:
        raise NotAnswerable(reason=_NO_ROWS.to(language, words=text), rule="no_query")
    return SqlAnswer(text, last.statement, last.result, last.assumptions)


def _raise_if_all_refused(run: Run) -> None:
    """A loop in which the policy refused everything ends as refused, with the last refusal's reason."""
    attempts = run.journal.attempts
    if attempts and all(attempt.status == RefusedByPolicy.code for attempt in attempts):
        raise RefusedByPolicy(reason=attempts[-1].detail, rule="sql_gate")


def _tools_in_words() -> str:
    functions = [tool["function"] for tool in TOOLS]
    arguments = [", ".join(function["parameters"]["properties"]) for function in functions]
    lines = (f"- {f['name']}({a}): {f['description']}" for f, a in zip(functions, arguments, strict=True))
    return "\n".join(lines)
