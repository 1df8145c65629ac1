"""`drift epochs`, `drift open`, `drift undo`: from when on do a person's answers count?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.commands._configs import config_file

if TYPE_CHECKING:
    from bayesian_verifier.drift import OfEpoch

_JOURNAL = click.option(
    "--journal",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default="judgments.jsonl",
    show_default=True,
    help="Where it is written.",
)
_BY = click.option("--by", required=True, help="Your name, for whoever reads it.")


@click.command(name="epochs", epilog="Example: bayesian-verifier drift epochs judgments.jsonl --subject ada")
@click.argument("journal", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--subject", help="Only this person's.")
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/drift.toml.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def epochs_command(journal: Path, subject: str | None, settings_file: str | None, as_json: bool) -> None:
    """From when on whose answers count: epochs that hold, were followed by another, or were undone.

    And those that wait for somebody to open them, as when the settings say "ask".
    """
    from bayesian_verifier.drift import DriftSettings, epochs_of
    from bayesian_verifier.journal import News
    from bayesian_verifier.settings_file import read_table

    settings = read_table(DriftSettings, config_file(settings_file, "drift.toml"))
    found = epochs_of(News(journal).read().events, settings)
    wanted = [one for one in found if subject in {None, one.subject}]
    if as_json:
        click.echo(json.dumps([epoch_document(one) for one in wanted], indent=1, ensure_ascii=False))
    else:
        _print(wanted, journal)


@click.command(
    name="open",
    epilog="Example: bayesian-verifier drift open ada --from 2026-11-20T08:00:00Z --by grace\n\n"
    "Judgment Layers that read the journal go by it from their next question on.",
)
@click.argument("subject")
@click.option("--from", "since", required=True, help="Only what they answered from then on is evidence.")
@_BY
@_JOURNAL
def open_command(subject: str, since: str, by: str, journal: Path) -> None:
    """Open an epoch for somebody who has changed, and print its id. What they said before stays in the journal."""
    import time

    from bayesian_verifier.drift import open_epoch
    from bayesian_verifier.journal import Journal, timestamp

    with Journal(journal, fsync="always") as events:
        click.echo(open_epoch(events, subject, _moment(since), by=by, now=timestamp(time.time_ns())))


@click.command(
    name="undo", epilog='Example: bayesian-verifier drift undo 1f0c… --by grace --why "a false alarm"'
)
@click.argument("epoch_id")
@_BY
@click.option("--why", help="What speaks for it.")
@_JOURNAL
def undo_command(epoch_id: str, by: str, why: str | None, journal: Path) -> None:
    """Take an epoch back: what its subject said before counts again."""
    from bayesian_verifier.drift import undo_epoch
    from bayesian_verifier.journal import Journal

    with Journal(journal, fsync="always") as events:
        undo_epoch(events, epoch_id, by=by, why=why)
    click.echo(f"epoch {epoch_id} is undone", err=True)


def _moment(text: str) -> str:
    """A time as the journal has it. Raises BadParameter without a zone, or for something else."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise click.BadParameter(f"expected a time such as 2026-11-20T08:00:00Z, got {text!r}") from exc
    if moment.tzinfo is None:
        raise click.BadParameter(f"{text!r} does not say in which zone; Z is UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def epoch_document(one: OfEpoch) -> dict[str, Any]:
    """As JSON has it."""
    said = one._asdict()
    return {"id": said.pop("id"), "subject": said.pop("subject"), "from": said.pop("since"), **said}


def _print(found: list[OfEpoch], journal: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not found:
        click.echo("no epochs: all that everybody answered counts")
        return
    table = Table("subject", "answers count from", "state", "why", "by", "id")
    for one in found:
        cells = (one.subject, one.since, one.state, one.why, one.by or "", one.id or "")
        table.add_row(*(Text(cell) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    for one in found:
        if one.state == "proposed":
            words = ("bayesian-verifier", "drift", "open", one.subject, "--from", one.since, "--by", "YOU")
            click.echo(f"to open: {' '.join(map(_quoted, words))} --journal {_quoted(str(journal))}")


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
