"""The gate over statements that others wrote: none to refuse passes, and nearly none to accept is refused."""

from tests.security.corpora import SHOP_TABLES, judge, read, sql_attacks

KNOWN_SHARE = 0.005
"""Share of legitimate SQLite statements that may be refused."""


def test_no_statement_to_refuse_passes() -> None:
    passed = [item["id"] for item, out in judge(read("sqlguard/reject.jsonl")) if out.get("verdict") != "refuse"]
    assert passed == []


def test_no_attack_passes_that_the_gate_must_stop() -> None:
    attacks = [item for item in sql_attacks() if item["stop_at"] == "guard"]
    assert [item["id"] for item, out in judge(attacks, SHOP_TABLES) if out.get("verdict") != "refuse"] == []


def test_legitimate_sqlite_statements_are_accepted() -> None:
    items = [item for item in read("sqlguard/accept.jsonl") if item["dialect"] == "sqlite"]
    refused = [item["id"] for item, out in judge(items) if out.get("verdict") != "accept"]
    assert len(refused) <= max(1, KNOWN_SHARE * len(items)), refused


def test_legitimate_statements_of_other_dialects_are_accepted_but_for_functions_nobody_can_know() -> None:
    items = [item for item in read("sqlguard/accept.jsonl") if item["dialect"] != "sqlite"]
    refused = [item["id"] for item, out in judge(items) if out.get("verdict") != "accept"]
    assert len(refused) <= max(5, 0.1 * len(items)), refused


def test_every_refusal_names_its_rule() -> None:
    assert all(out["code"] for _, out in judge(read("sqlguard/reject.jsonl")))


def test_what_would_run_is_accepted_again_unchanged() -> None:
    items = read("sqlguard/accept.jsonl")
    first = [{**item, "sql": out["sql"]} for item, out in judge(items) if out.get("verdict") == "accept"]
    second = [(item["id"], item["sql"], out["sql"]) for item, out in judge(first)]
    assert [entry for entry in second if entry[1] != entry[2]] == []
