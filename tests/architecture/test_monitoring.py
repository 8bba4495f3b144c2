"""Alert rules and dashboard name figures that exist, and every alarm has its page in the runbook."""

import json
import re
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).parents[2]
MONITORING = CHECKOUT / "docker" / "monitoring"
FIGURES = {
    "agentgraph_duration_seconds_bucket",
    "agentgraph_duration_seconds_count",
    "agentgraph_failures_total",
    "agentgraph_queue_waiting",
    "agentgraph_queue_oldest_seconds",
    "agentgraph_processes",
    "agentgraph_database_connections",
}
"""What `app.services.monitoring.metrics` tells Prometheus."""
OTHER_SECTIONS = {"back-up-and-restore", "follow-a-trace", "look-after-people-at-work", "see-what-one-question-did"}
"""What the runbook tells beside alarms."""
NAME = re.compile(r"agentgraph_\w+")


def rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_alarms_and_dashboard_name_figures_that_exist() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    watched = [str(rule["expr"]) for rule in rules()]
    used = {name for expression in (*shown, *watched) for name in NAME.findall(expression)}
    assert used == FIGURES
    assert all(text.count("(") == text.count(")") for text in (*shown, *watched))


def test_figures_are_those_that_the_program_tells() -> None:
    source = (CHECKOUT / "app" / "services" / "monitoring" / "metrics.py").read_text("utf-8")
    families = set(NAME.findall(source))
    assert {re.sub(r"_(bucket|count|total)$", "", name) for name in FIGURES} == families


def test_every_alarm_leads_to_its_section_of_the_runbook() -> None:
    text = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
    sections = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    anchors = [str(rule["annotations"]["runbook"]).partition("#")[2] for rule in rules()]  # type: ignore[index]
    assert len(anchors) == 10
    assert sections - set(anchors) == OTHER_SECTIONS
    assert set(anchors) <= sections
