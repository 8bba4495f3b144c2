"""How a question is put before a model, with the conversation that it belongs to."""

from app.agentgraph.agents.untrusted import question_block
from app.agentgraph.prompts import load_prompt

PROMPT = load_prompt("conversation", "turns")


def asked(question: str, conversation: str) -> str:
    """The question between its marks, after the conversation where there is one."""
    block = question_block(question)
    return f"{PROMPT.fill(turns=conversation)}\n\n{block}" if conversation else block
