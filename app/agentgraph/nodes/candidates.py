"""Where signals disagree, asks for further queries, and takes the rows on which most of them agree."""

import logging
from dataclasses import replace

from langgraph.runtime import Runtime

from app.agentgraph.agents.conversation import asked
from app.agentgraph.agents.processing import Proposal, once_more, propose
from app.agentgraph.llm import resolve_model
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import AnsweredBy, Confidence
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, finding_of, question_of
from app.agentgraph.trust import judge
from app.agentgraph.wording import describe
from app.connectors.base import Cell, ResultSet
from app.core.errors import ModelFailed, QuestionError, TimedOut
from app.core.i18n import Language, Text

log = logging.getLogger(__name__)
NODE = "candidates"
_AGREED = Text(
    en="Of {all} queries that were compared, {count} gave these rows.",
    pt="De {all} consultas comparadas, {count} deram estas linhas.",
)
_DISAGREED = Text(
    en="The {all} queries that were compared all gave different rows.",
    pt="As {all} consultas comparadas deram linhas diferentes entre si.",
)

Rows = tuple[tuple[str, ...], ...]
"""What is compared of a result: its rows in any order, with the cells of each in any order."""


async def candidates(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The finding on which most candidates agree; the first one where nothing speaks against it or none agree.

    Stops as soon as a majority of the agent's `candidates` agrees, or a call fails.
    """
    run, first = runtime.context, state["finding"]
    found = [first]
    if first.answered_by is AnsweredBy.MODEL and first.confidence is not Confidence.HIGH:
        found += await _further(state, run)
    finding = first if len(found) == 1 else await _agreed(found, state["language"])
    if not run.context.options.advanced_mode:
        await run.tell_answer(finding.answer)
    return {"finding": finding, "compared": len(found)}


async def _further(state: GraphState, run: Run) -> list[Finding]:
    most, found = run.context.options.candidates, [state["finding"]]
    for number in range(2, most + 1):
        try:
            finding = await _candidate(number, state, run)
        except ModelFailed as error:
            log.info("no further candidates: %s", error.fields["reason"])
            break
        if finding is None:
            continue
        found.append(finding)
        groups = await _groups(found)
        if max(map(len, groups)) > most // 2:
            break
    return found[1:]


async def _candidate(number: int, state: GraphState, run: Run) -> Finding | None:
    """One more query with its rows; None when the model proposes none, or one that does not run. Raises ModelFailed."""
    options, language = run.context.options, state["language"]
    spec = resolve_model(options.processing_model) if options.processing_model else run.required_model
    words = asked(
        question_of(state),
        state["memory"].text,
        run.context.examples,
        state["clarifications"],
        earlier=run.context.earlier,
    )
    proposal = await propose(
        once_more(words, number=number, doubts=state["finding"].confidence_reasons),
        models=run.models,
        spec=spec,
        schema=state["schema"].text,
        dialect=run.context.catalog.dialect,
        instructions=options.instructions,
        language=language,
        node=NODE,
    )
    return await _executed(proposal, language, run) if proposal.sql.strip() else None


async def _executed(proposal: Proposal, language: Language, run: Run) -> Finding | None:
    try:
        statement, result = await run.execute(proposal.sql, author=NODE)
    except (QuestionError, TimedOut):
        return None  # It is in the journal.
    trusted = await judge(run, statement, result, language=language, assumptions=proposal.assumptions)
    reading = proposal.reading.strip() or None
    return finding_of(
        statement,
        result,
        trusted,
        answer=describe(result, reading=reading, language=language),
        answered_by=AnsweredBy.MODEL,
        reading=reading,
        assumptions=tuple(proposal.assumptions),
    )


async def _agreed(found: list[Finding], language: Language) -> Finding:
    """The first finding of the largest group, one with rows before one without; in doubt where each stands alone."""
    best = max(await _groups(found), key=lambda group: (len(group), bool(group[0].result.rows)))
    if len(best) == 1:
        reason = _DISAGREED.to(language, all=len(found))
        return replace(
            found[0],
            confidence=Confidence.LOW,
            confidence_reasons=(reason, *found[0].confidence_reasons),
        )
    reason = _AGREED.to(language, all=len(found), count=len(best))
    return replace(best[0], confidence_reasons=(reason, *best[0].confidence_reasons))


async def _groups(found: list[Finding]) -> list[list[Finding]]:
    """Findings with the same rows together, in the order of their first."""
    groups: dict[Rows, list[Finding]] = {}
    for finding in found:
        rows = await off_loop_if_large(finding.result, _comparable, finding.result)
        groups.setdefault(rows, []).append(finding)
    return list(groups.values())


def _comparable(result: ResultSet) -> Rows:
    return tuple(sorted(tuple(sorted(_as_text(cell) for cell in row)) for row in result.rows))


def _as_text(cell: Cell) -> str:
    """Numbers to nine digits, so that sums in another order are the same."""
    try:
        return f"{float(cell):.9g}"  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return str(cell)
