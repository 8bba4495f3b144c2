"""The one gate for SQL that meets users' data: what passes comes out as text regenerated from the checked tree."""

from app.connectors.sql_gate.check import check
from app.connectors.sql_gate.policy import BoundPolicy, Policy, TableRule
from app.connectors.sql_gate.rules import Rule

__all__ = ["BoundPolicy", "Policy", "Rule", "TableRule", "check"]
