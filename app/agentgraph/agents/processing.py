"""The processing agent: one model call that proposes a query over the smallest sufficient context."""

from collections.abc import Iterable

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict

from app.agentgraph.agents.untrusted import plain
from app.agentgraph.llm import ModelCaller, ModelSpec
from app.agentgraph.prompts import language_name, load_prompt
from app.core.i18n import Language

NODE = "processing_agent"
PROMPT = load_prompt("processing", "dialect", "schema", "instructions", "language")

CANDIDATE = load_prompt("candidate", "number", "doubts")
MAX_DOUBT_CHARS = 500


class Proposal(BaseModel):
    """A query for the question, with what was taken for granted and what a reader should know."""

    model_config = ConfigDict(extra="forbid")

    sql: str
    reading: str
    assumptions: list[str]
    notes: str


async def propose(
    words: str,
    *,
    models: ModelCaller,
    spec: ModelSpec,
    schema: str,
    dialect: str,
    instructions: str,
    language: Language,
    node: str = NODE,
) -> Proposal:
    """The model's proposal for the question in `words` (`conversation.asked`); nothing in it has been checked.

    Raises ModelFailed, ModelNotConfigured.
    """
    system = PROMPT.fill(
        dialect=dialect,
        schema=schema,
        instructions=owner_words(instructions),
        language=language_name(language),
    )
    messages: list[BaseMessage] = [SystemMessage(system), HumanMessage(words)]
    return await models.ask_for(spec, messages, Proposal, node=node)


def once_more(words: str, *, number: int, doubts: Iterable[str]) -> str:
    """`words` for attempt `number` at the same question, with what speaks against the earlier query."""
    told = "\n".join(plain(doubt, MAX_DOUBT_CHARS) for doubt in doubts)
    return f"{words}\n\n{CANDIDATE.fill(number=str(number), doubts=told)}"


def owner_words(instructions: str) -> str:
    """The agent's instructions as a block of a prompt; empty when there are none."""
    return f"\nInstructions of this agent's owner:\n{instructions.strip()}\n" if instructions.strip() else ""
