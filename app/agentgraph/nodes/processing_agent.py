"""Lets the processing agent propose a query, and runs or keeps it only when it is valid here."""

from langgraph.runtime import Runtime

from app.agentgraph.agents.conversation import asked, history_wish
from app.agentgraph.agents.processing import NODE, Proposal, propose
from app.agentgraph.agents.suggestion import Suggestion
from app.agentgraph.llm import resolve_model
from app.agentgraph.outcome import AnsweredBy
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, finding_of, is_last_word, question_of
from app.agentgraph.trust import judge
from app.agentgraph.wording import describe
from app.core.errors import ModelFailed, QuestionError, TimedOut


async def processing_agent(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """A finding when the proposal ran, a suggestion when it is valid but not to be run, else nothing."""
    run = runtime.context
    proposal = await _proposal(state, run)
    if proposal is None or not proposal.sql.strip():
        return {}
    try:
        if run.context.options.execute_suggestion:
            return {"finding": await _executed(proposal, state, run)}
        statement = await run.prepare(proposal.sql, author=NODE)
    except (QuestionError, TimedOut):
        return {}  # It is in the journal; the SQL agent goes on without it.
    return {"suggestion": Suggestion(statement.shown, tuple(proposal.assumptions), proposal.notes)}


async def _proposal(state: GraphState, run: Run) -> Proposal | None:
    options = run.context.options
    spec = resolve_model(options.processing_model) if options.processing_model else run.required_model
    try:
        return await propose(
            asked(
                question_of(state),
                state["memory"].text,
                run.context.examples,
                state["clarifications"],
                earlier=run.context.earlier,
                history=history_wish(state["horizon"].histories) if "horizon" in state else "",
            ),
            models=run.models,
            spec=spec,
            schema=state["schema"].text,
            dialect=run.context.catalog.dialect,
            instructions=options.instructions,
            language=state["language"],
        )
    except ModelFailed:
        if options.processing_model is None:
            raise  # The SQL agent would ask the same model.
        return None


async def _executed(proposal: Proposal, state: GraphState, run: Run) -> Finding:
    statement, result = await run.execute(proposal.sql, author=NODE)
    text = describe(result, reading=proposal.reading or None, language=state["language"])
    if is_last_word(state, run.context.options):
        await run.tell_answer(text)
    notes = (proposal.notes.strip(),) if proposal.notes.strip() else ()
    assumptions = (*proposal.assumptions, *notes)
    trusted = await judge(run, statement, result, language=state["language"], assumptions=assumptions)
    return finding_of(
        statement,
        result,
        trusted,
        answer=text,
        answered_by=AnsweredBy.MODEL,
        reading=proposal.reading.strip() or None,
        assumptions=assumptions,
    )
