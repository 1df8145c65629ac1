"""`bayesian-verifier doctor`: would the service run here, and would what it leads to be kept?"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayesian_verifier.commands._finding import Finding, bad, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bayesian_verifier.settings import Settings

MARKS = {"ok": "[green]ok[/]", "warning": "[bold yellow]warning[/]", "bad": "[bold red]bad[/]"}


@click.command(
    name="doctor",
    epilog="Example: bayesian-verifier doctor --json",
    short_help="Check that the service would run here, and say what to do where not.",
)
@click.option(
    "--journal", default="judgments.jsonl", show_default=True, help="The Judgment Layer's journal.",
    type=click.Path(dir_okay=False, path_type=Path),
)  # fmt: skip
@click.option(
    "--lease", help="Instead of lease.json beside the journal.",
    type=click.Path(dir_okay=False, path_type=Path),
)  # fmt: skip
@click.option("--quick", is_flag=True, help="Don't compile the model and ask it: seconds less.")
@click.option("--strict", is_flag=True, help="Warnings end with exit code 1 too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def command(
    context: click.Context, journal: Path, lease: Path | None, quick: bool, strict: bool, as_json: bool
) -> None:
    """Check Python, packages, settings, token, model, port, cache, journal, disk, clock, lease and timer.

    Exit code 1 when something is bad; warnings alone end with 0. No network is used.
    """
    findings = list(
        examine(
            dict(os.environ), journal=journal, lease=lease or journal.with_name("lease.json"), quick=quick
        )
    )
    if as_json:
        told = [finding._asdict() | {"well": finding.well} for finding in findings]
        click.echo(json.dumps(told, indent=1))
    else:
        _show(findings)
    states = {finding.state for finding in findings}
    context.exit(1 if "bad" in states or (strict and "warning" in states) else 0)


def examine(
    environ: Mapping[str, str],
    *,
    journal: Path,
    lease: Path,
    quick: bool = False,
    etc: Path = Path("/etc"),
) -> Iterator[Finding]:
    """Look at everything that the service and a Judgment Layer beside it need, in the environment they start in."""
    from bayesian_verifier.commands._doctor_files import looked_at_files
    from bayesian_verifier.commands._doctor_service import looked_at_program, looked_at_service
    from bayesian_verifier.commands._doctor_timer import looked_at_timer
    from bayesian_verifier.errors import SettingsError
    from bayesian_verifier.settings import read_settings

    yield from looked_at_program()
    try:
        settings = read_settings(environ)
    except SettingsError as exc:
        yield bad("settings", str(exc), "mend it: nothing that depends on settings was looked at")
        return
    yield ok("settings", f"listens on {settings.uds or settings.host}")
    yield from looked_at_service(settings, environ, quick=quick)
    yield from looked_at_files(journal, lease, _directories(settings, environ, journal), now=time.time())
    home = Path(environ.get("HOME") or "/")
    yield looked_at_timer(etc, home, needed=settings.model_store is not None)


def _directories(settings: Settings, environ: Mapping[str, str], journal: Path) -> list[Path]:
    """Where something is written as time goes by."""
    from bayesian_verifier.settings import compilation_cache

    written = [journal.parent, settings.model_store, compilation_cache(settings, environ)]
    return [path for path in written if path is not None]


def _show(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", "check")
    for heading in ("found", "what to do"):
        table.add_column(heading, overflow="fold")  # a path too long for a line is what one looks for
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.check, escape(finding.detail), escape(finding.advice))
    Console().print(table)
