"""The `agentgraph` command: one line a command, each leading to the file that does it.

Heavy parts (web framework, engines, SDKs) are imported by the command that needs them, so that `--help` is quick.
"""

import typer

from app.cli import accounts, ask, audit, backup, batch, docs, doctor, index, serve

main = typer.Typer(
    name="agentgraph",
    help="Answers questions about data, for many users at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

main.command()(serve.up)
main.command()(serve.api)
main.command()(serve.worker)
main.command()(serve.beat)
main.command()(serve.migrate)
main.command()(doctor.doctor)
main.command()(backup.backup)
main.command()(backup.restore)
main.command()(docs.docs)
main.command()(index.index)
main.command("create-admin")(accounts.create_admin)
main.add_typer(audit.commands, name="audit")
main.command()(accounts.rotate_keys)
main.command()(ask.ask)
main.command()(batch.gate)
main.command()(batch.plan)
main.command()(batch.context)
main.command()(batch.ingest)
