"""Refinement of questions and of answers: wording only, and only as far as it can be checked."""

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict

from app.agentgraph.agents.conversation import asked
from app.agentgraph.agents.processing import owner_words
from app.agentgraph.agents.untrusted import rows_block
from app.agentgraph.llm import ModelCaller, ModelSpec
from app.agentgraph.prompts import language_name, load_prompt
from app.connectors.base import ResultSet
from app.core.i18n import Language

QUESTION_NODE = "refine_question"
ANSWER_NODE = "refine_answer"
QUESTION_PROMPT = load_prompt("refine_question", "schema", "language")
ANSWER_PROMPT = load_prompt("refine_answer", "language", "question", "answer", "rows", "instructions")


class QuestionRefinement(BaseModel):
    """The question to use, what was changed, and why."""

    model_config = ConfigDict(extra="forbid")

    question: str
    changes: list[str]
    reason: str


async def reword_question(
    question: str, *, models: ModelCaller, spec: ModelSpec, schema: str, language: Language, conversation: str = ""
) -> QuestionRefinement:
    """The model's clearer form of `question`, unchecked. Raises ModelFailed, ModelNotConfigured."""
    system = QUESTION_PROMPT.fill(schema=schema, language=language_name(language))
    messages: list[BaseMessage] = [SystemMessage(system), HumanMessage(asked(question, conversation))]
    return await models.ask_for(spec, messages, QuestionRefinement, node=QUESTION_NODE)


async def reword_answer(
    answer: str,
    *,
    question: str,
    result: ResultSet,
    models: ModelCaller,
    spec: ModelSpec,
    instructions: str,
    language: Language,
) -> str:
    """The model's fuller wording of `answer`, unchecked. Raises ModelFailed, ModelNotConfigured."""
    words = ANSWER_PROMPT.fill(
        language=language_name(language),
        question=question,
        answer=answer,
        rows=rows_block(result),
        instructions=owner_words(instructions),
    )
    reply = await models.ask(spec, [HumanMessage(words)], node=ANSWER_NODE, turn=1)
    return reply.text
