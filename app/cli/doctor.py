"""`agentgraph doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

import typer

if TYPE_CHECKING:
    from app.core.config import Settings
    from app.core.jobs import JobKind
    from app.services.monitoring.doctor import Finding

MARKS: Final = {"fine": "ok", "warning": "WARNING", "problem": "PROBLEM"}


class _NoHints:
    """Publishes nothing: whoever only looks starts no work."""

    def publish(self, kind: "JobKind", job_id: UUID) -> None:
        """Sends no hint."""
        raise NotImplementedError(f"a look at an installation started {kind} {job_id}")


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object: `problems`, `warnings`, `findings`.")
    ] = False,
) -> None:
    """Find what is wrong with this installation and how to mend it. Exit code: 0 all serves, 1 there is a problem."""
    findings = _findings()
    problems = [one for one in findings if one.severity == "problem"]
    warnings = [one for one in findings if one.severity == "warning"]
    if as_json:
        told = [asdict(one) for one in findings]
        typer.echo(json.dumps({"problems": len(problems), "warnings": len(warnings), "findings": told}, indent=2))
    else:
        _print(findings)
        typer.echo(f"\n{len(problems)} problems, {len(warnings)} warnings.")
    if problems:
        raise typer.Exit(1)


def _print(findings: Sequence["Finding"]) -> None:
    for one in findings:
        typer.echo(f"{MARKS[one.severity]:<8} {one.subject}: {one.found}")
        if one.mend:
            typer.echo(f"{'':<8} -> {one.mend}")


def _findings() -> list["Finding"]:
    from app.cli.installation import as_it_runs
    from app.core.config import Settings
    from app.core.errors import Misconfigured
    from app.services.monitoring.doctor import Finding, Severity

    try:
        settings = as_it_runs(Settings())
    except ValueError as error:
        return [Finding("settings", Severity.PROBLEM, reason, "See docs/settings.md.") for reason in _reasons(error)]
    findings = [_about_settings()]
    try:
        return findings + asyncio.run(_examine(settings))
    except Misconfigured as error:
        mend = "Start `agentgraph up`, or set it to the address of a running server."
        found = f"{error.fields['setting']}: {error.fields['reason']}, and none of this data folder runs"
        return [*findings, Finding("settings", Severity.PROBLEM, found, mend)]


def _about_settings() -> "Finding":
    from app.core.setting_sources import unknown_variables
    from app.services.monitoring.doctor import Finding, Severity

    unknown = unknown_variables()
    if not unknown:
        return Finding("settings", Severity.FINE, "every variable means a setting")
    told = [f"{name}{f' (meant: {meant}?)' if meant else ''}" for name, meant in unknown.items()]
    return Finding("settings", Severity.WARNING, f"nothing reads {', '.join(told)}", "See docs/settings.md.")


def _reasons(error: ValueError) -> list[str]:
    """What is wrong with the settings, without their values."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return [str(error)]
    places = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors(include_input=False)]
    return [f"{place}: {message}" if place else message.removeprefix("Value error, ") for place, message in places]


async def _examine(settings: "Settings") -> list["Finding"]:
    from app.services.monitoring.doctor import examine
    from app.services.platform import open_platform

    platform = open_platform(settings, _NoHints())
    try:
        return await examine(platform)
    finally:
        await platform.close()
