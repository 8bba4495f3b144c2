"""What a trace keeps of prompts, answers and statements, and how much."""

import json
from decimal import Decimal

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from app.agentgraph.outcome import Attempt, CallOutcome, ModelCall
from app.agentgraph.trace import MAX_TEXT_CHARS, MAX_TRACE_BYTES, Trace

SECRET = "sk-abcdefghijklmnop"
SCHEMA = """table "vendas", 4 rows
  "regiao": text; 3 distinct; one of 'Norte', 'Sul'
  "valor": real; 50 to 200
stored values that resemble words of the question
  "vendas"."regiao" holds 'Leste' (like "leste")"""
PROMPT = f"Data lies between <schema> and </schema>.\n\n<schema>\n{SCHEMA}\n</schema>\nAsk with {SECRET}."


def call(content: str = "", **answer: object) -> ModelCall:
    """An answered call whose model said `content`."""
    return ModelCall(
        call_key="k",
        node="sql_agent",
        provider="openai",
        model="gpt-4o-mini",
        tokens_in=10,
        tokens_out=2,
        tokens_cached=0,
        tokens_reasoning=0,
        price_usd=Decimal(0),
        price_version=None,
        outcome=CallOutcome.ANSWERED,
        latency_s=0.5,
        provider_call_id=None,
        answer={"content": content, **answer},
    )


def test_prompt_keeps_words_and_names_and_loses_secrets_and_data() -> None:
    trace = Trace()
    rows = 'Refine.\n<rows>\n["regiao"]\n["Norte"]\n</rows>\n1 rows.'
    trace.add_call(call(), [SystemMessage(PROMPT), HumanMessage(rows)], is_replayed=False)
    system, human = trace.steps[0]["messages"]
    assert system == {
        "role": "system",
        "text": "Data lies between <schema> and </schema>.\n\n"
        '<schema>\ntable "vendas", 4 rows\n  "regiao": text\n  "valor": real\n</schema>\nAsk with [redacted].',
    }
    assert human == {"role": "human", "text": "Refine.\n<rows>[20 characters of data]</rows>\n1 rows."}


def test_turns_tell_what_is_new_and_of_tools_only_the_size() -> None:
    trace, opening = Trace(), [SystemMessage("Work."), HumanMessage("Quanto?")]
    used = {"id": "1", "name": "run_sql", "args": {"sql": "SELECT 1", "api_key": "x", "why": SECRET}}
    trace.add_call(call(tool_calls=[used]), opening, is_replayed=True)
    said = [*opening, AIMessage(""), ToolMessage("Norte", tool_call_id="1"), HumanMessage("Result of x:\nNorte, Sul")]
    trace.add_call(call(f"Use {SECRET}"), said, is_replayed=False)
    first, second = trace.steps
    arguments = json.loads(first["tools"][0]["arguments"])
    assert arguments == {"sql": "SELECT 1", "api_key": "[redacted]", "why": "[redacted]"}
    assert [step["replayed"] for step in trace.steps] == [True, False]
    assert second["messages"] == [
        {"role": "tool", "text": "[5 characters of data]"},
        {"role": "tool", "text": "[23 characters of data]"},
    ]
    assert second["answer"] == "Use [redacted]"


def test_only_the_gate_says_why_in_words() -> None:
    trace = Trace()
    trace.add_statement(Attempt("DELETE FROM t", "sql_agent", "refused_by_policy", "only SELECT", 0.1))
    trace.add_statement(Attempt("SELECT x FROM t", "sql_agent", "sql_invalid", "cannot cast 'Norte'", 0.1))
    assert [step.get("detail") for step in trace.steps] == ["only SELECT", None]


def test_long_texts_are_cut_and_steps_without_room_are_counted() -> None:
    trace = Trace()
    for number in range(30):
        trace.add_statement(Attempt(f"SELECT {number} {'x' * MAX_TEXT_CHARS}", "planner", "succeeded", None, 0.1, 1))
    *kept, cut = trace.steps
    assert kept[0]["sql"].endswith("… [9 characters more]")
    assert len(json.dumps(kept, ensure_ascii=False).encode()) <= MAX_TRACE_BYTES + 2 * len(kept)
    assert cut == {"kind": "cut", "steps": 30 - len(kept)}
    assert len(kept) == MAX_TRACE_BYTES // (MAX_TEXT_CHARS + 150)
