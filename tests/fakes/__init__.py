"""Protocol servers for the model providers: real HTTP on loopback, scripted answers, nothing of the product inside."""

from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve

__all__ = ["FakeProviders", "Reply", "Script", "serve"]
