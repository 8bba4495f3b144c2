"""The command line of AgentGraph."""

from app.cli.main import main

__all__ = ["main"]
