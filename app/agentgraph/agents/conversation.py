"""How a question is put before a model, with the conversation that it belongs to and verified examples like it."""

from collections.abc import Sequence

from app.agentgraph.agents.untrusted import plain, question_block
from app.agentgraph.examples import Example
from app.agentgraph.prompts import load_prompt

PROMPT = load_prompt("conversation", "turns")
EXAMPLES = load_prompt("examples", "examples")
MAX_QUESTION_CHARS = 500
MAX_SQL_CHARS = 2000


def asked(question: str, conversation: str, examples: Sequence[Example] = ()) -> str:
    """The question between its marks, after examples and conversation where there are any."""
    parts = [EXAMPLES.fill(examples="\n".join(_told(example) for example in examples))] if examples else []
    parts += [PROMPT.fill(turns=conversation)] if conversation else []
    return "\n\n".join([*parts, question_block(question)])


def _told(example: Example) -> str:
    # A comparison in the SQL must stay as it is; only what could close the block is made harmless.
    sql = " ".join(example.sql.split())[:MAX_SQL_CHARS].replace("</", "‹/")
    return f"Question: {plain(example.question, MAX_QUESTION_CHARS)}\nSQL: {sql}"
