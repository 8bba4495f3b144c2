"""`python -m app.cli`: how `agentgraph up` starts its own processes."""

from app.cli.main import main

main()
