"""How a question is put before a model, with the conversation that it belongs to and verified examples like it."""

from collections.abc import Sequence

from app.agentgraph.agents.untrusted import plain, question_block
from app.agentgraph.charts.roles import Grain
from app.agentgraph.context import Clarification
from app.agentgraph.examples import Example
from app.agentgraph.prompts import load_prompt

PROMPT = load_prompt("conversation", "turns")
CLARIFICATIONS = load_prompt("clarifications", "clarifications")
EXAMPLES = load_prompt("examples", "examples")
HISTORY = load_prompt("history", "step")
EARLIER = load_prompt("earlier", "earlier")
MAX_QUESTION_CHARS = 500
MAX_SQL_CHARS = 2000


def asked(
    question: str,
    conversation: str,
    examples: Sequence[Example] = (),
    clarifications: Sequence[Clarification] = (),
    *,
    earlier: Sequence[Example] = (),
    history: str = "",
) -> str:
    """The question between its marks, after examples and conversation, before what the user was asked back.

    `earlier` are questions like it that were answered, as hints; `history` is the wish for rows to forecast from.
    """
    parts = [EXAMPLES.fill(examples="\n".join(_told(example) for example in examples))] if examples else []
    parts += [EARLIER.fill(earlier="\n".join(_told(example) for example in earlier))] if earlier else []
    parts += [PROMPT.fill(turns=conversation)] if conversation else []
    parts.append(question_block(question))
    parts += [history] if history else []
    if clarifications:
        told = (
            f"You asked: {plain(c.question, MAX_QUESTION_CHARS)}\nThe user said: {plain(c.reply, MAX_QUESTION_CHARS)}"
            for c in clarifications
        )
        parts.append(CLARIFICATIONS.fill(clarifications="\n".join(told)))
    return "\n\n".join(parts)


def history_wish(steps: Sequence[Grain]) -> str:
    """What a model is told of a question about the future: which rows are wanted, by which steps of time."""
    return HISTORY.fill(step=" or ".join(step.value for step in steps))


def _told(example: Example) -> str:
    # A comparison in the SQL must stay as it is; only what could close the block is made harmless.
    sql = " ".join(example.sql.split())[:MAX_SQL_CHARS].replace("</", "‹/")
    return f"Question: {plain(example.question, MAX_QUESTION_CHARS)}\nSQL: {sql}"
