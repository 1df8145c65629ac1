"""`bayesian-verifier lease`: who may use the machine for batch work now?"""

from __future__ import annotations

import json
import re
import sys

import click

from bayesian_verifier.errors import CallerError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@click.group(name="lease", short_help="Share the machine with other batch jobs.")
@click.option(
    "--file",
    "file",
    default="lease.json",
    show_default=True,
    help="The lease file.",
    type=click.Path(dir_okay=False),
)
@click.pass_context
def command(context: click.Context, file: str) -> None:
    """One batch job at a time, of whatever program: docs/lease.md.

    Example: bayesian-verifier lease show
    """
    context.obj = file


@command.command(
    context_settings={"ignore_unknown_options": True},
    epilog="Example: bayesian-verifier lease run --owner r3mem --max 30m -- ./compress.sh\n\n"
    "Exits with the command's own code; 4 where somebody else has the machine.",
)
@click.option("--owner", required=True, help="Who asks, for others to read.")
@click.option("--purpose", default="", help="What for.")
@click.option(
    "--max", "longest", default="1h", show_default=True, help="Ended after this long: 90s, 30m, 2h."
)
@click.option("--wait", default="0s", show_default=True, help="Wait this long for the machine.")
@click.option("--priority", default=0, show_default=True, help="The greater goes first.")
@click.option("--never-yield", is_flag=True, help="Run to the end even if somebody more urgent waits.")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def run(
    file: str,
    owner: str,
    purpose: str,
    longest: str,
    wait: str,
    priority: int,
    never_yield: bool,
    words: tuple[str, ...],
) -> None:
    """Run a command while nobody else has the machine."""
    import time

    from bayesian_verifier.retraining import Asker, LeaseBusyError, LeaseFile, run_leased

    asker = Asker(owner, purpose, priority, _seconds(longest))
    last = time.monotonic() + _seconds(wait)
    while True:
        try:
            ended = run_leased(LeaseFile(file), asker, words, yields=not never_yield)
            break
        except LeaseBusyError:
            if time.monotonic() >= last:
                raise
            time.sleep(1.0)
    if ended.stopped:
        click.echo(f"stopped: the lease of {owner} ended", err=True)
    sys.exit(ended.code)


@command.command(epilog="Example: bayesian-verifier lease show --json")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def show(file: str, as_json: bool) -> None:
    """Who has the machine."""
    from bayesian_verifier.retraining import LeaseFile

    holder = LeaseFile(file).holder()
    if as_json:
        click.echo(json.dumps(None if holder is None else holder.model_dump(), indent=1))
    elif holder is None:
        click.echo("nobody has the machine")
    else:
        purpose = f" for {holder.purpose}" if holder.purpose else ""
        click.echo(f"{holder.owner} has the machine{purpose} (pid {holder.pid} on {holder.host})")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if found is None:
        raise CallerError(f"{text!r}: expected a time such as 90s, 30m or 2h")
    return float(found[1]) * _UNITS[found[2]]
