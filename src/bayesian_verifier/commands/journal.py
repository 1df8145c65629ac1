"""What stands in a journal, and is it whole?"""

from __future__ import annotations

import json
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.commands._journal_export import export_command
from bayesian_verifier.commands._journal_forget import forget_command
from bayesian_verifier.commands._journal_import import import_command
from bayesian_verifier.commands._journal_merge import merge_command
from bayesian_verifier.commands._journal_metrics import metrics_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from bayesian_verifier.journal import Audit, CandidateLine, Damaged, Numbered, PolicyLine

_DAMAGED = 1
_PIPED_WIDTH = 160

_FILE = click.argument("file", type=click.Path(path_type=Path), default="judgments.jsonl")
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")


@click.group(
    name="journal",
    epilog="Example: bayesian-verifier journal verify judgments.jsonl",
    short_help="What stands in a journal, and is it whole?",
)
def command() -> None:
    """Look into a journal, check that it is whole, join it with others."""


command.add_command(merge_command)
command.add_command(import_command)
command.add_command(forget_command)
command.add_command(export_command)
command.add_command(metrics_command)


@command.command(epilog="Example: bayesian-verifier journal show judgments.jsonl --subject ada --last 20")
@_FILE
@click.option("--subject", help="Only this person's judgments, and the answers to them.")
@click.option("--kind", help="Only events of this kind: judgment, feedback, …")
@click.option("--last", "-n", type=click.IntRange(min=1), help="Only the newest N of them.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is appended, until interrupted.")
@_AS_JSON
def show(
    file: Path, subject: str | None, kind: str | None, last: int | None, follow: bool, as_json: bool
) -> None:
    """Show the events of a journal, oldest first.

    Damaged lines are named on standard error; the rest is shown. With --json each event is one line.
    """
    if follow:
        _follow(file, subject, kind, last, as_json)
        return
    from bayesian_verifier.journal import Damaged, Journal

    wanted: deque[Numbered] = deque(maxlen=last)
    theirs: set[str] = set()
    for entry in Journal(file).read():
        if isinstance(entry, Damaged):
            click.echo(f"{entry.file}:{entry.number}: damaged: {entry.reason}", err=True)
        elif _concerns(entry, subject, theirs) and kind in (None, entry.event.kind):
            wanted.append(entry)
    if as_json:
        for entry in wanted:
            click.echo(entry.text)
    else:
        _print(_event_table(wanted))


@command.command(epilog="Example: bayesian-verifier journal verify judgments.jsonl")
@_FILE
@_AS_JSON
def verify(file: Path, as_json: bool) -> None:
    """Check every line: checksums, numbers without gaps, unique ids, feedback on judgments there are.

    Exit code 0: whole. 1: something is wrong, each of it named with its line.
    """
    from bayesian_verifier.journal import Journal

    report = Journal(file).verify()
    if as_json:
        click.echo(json.dumps(_report(file, report), ensure_ascii=False))
    else:
        for finding in report.findings:
            click.echo(f"{finding.file}:{finding.line}: {finding.problem}")
        click.echo(_summary(file, report))
    if not report.whole:
        raise SystemExit(_DAMAGED)


def _follow(file: Path, subject: str | None, kind: str | None, last: int | None, as_json: bool) -> None:
    """A line for each event, as soon as it is there."""
    import threading

    from bayesian_verifier.journal import Damaged, tail

    theirs: set[str] = set()

    def wanted(entry: Numbered | Damaged) -> bool:
        if isinstance(entry, Damaged):
            return True
        return _concerns(entry, subject, theirs) and kind in {None, entry.event.kind}

    for entry in tail(file, stop=threading.Event(), last=last, wanted=wanted):
        if isinstance(entry, Damaged):
            click.echo(f"{entry.file}:{entry.number}: damaged: {entry.reason}", err=True)
        else:
            click.echo(entry.text if as_json else "  ".join(cell for cell in _cells(entry) if cell))


def _concerns(entry: Numbered, subject: str | None, theirs: set[str]) -> bool:
    """Whether an event is a subject's; ids of the subject's judgments and epochs are added to `theirs`."""
    from bayesian_verifier.journal import (
        CandidateLine,
        EpochLine,
        EpochUndoneLine,
        FeedbackLine,
        JudgmentLine,
        PolicyLine,
    )

    event = entry.event
    if subject is None:
        return True
    if isinstance(event, JudgmentLine | EpochLine) and event.subject == subject:
        theirs.add(event.id)
        return True
    if isinstance(event, CandidateLine):
        return event.subject == subject
    if isinstance(event, EpochUndoneLine):
        return event.epoch in theirs
    return isinstance(event, FeedbackLine | PolicyLine) and event.judgment in theirs


def _event_table(entries: Iterable[Numbered]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("line", "time", "kind", "id"):
        table.add_column(heading, no_wrap=True)
    for heading in ("subject", "what", "risk aversion", "by"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        # a journal may hold any text: none of it is markup here
        table.add_row(*(Text(cell) for cell in _cells(entry)))
    return table


def _cells(entry: Numbered) -> tuple[str, ...]:
    from bayesian_verifier.journal import (
        CandidateLine,
        EpochLine,
        EpochUndoneLine,
        FeedbackLine,
        JudgmentLine,
        PolicyLine,
    )

    event = entry.event
    head = (str(entry.number), event.ts[:19].replace("T", " "), event.kind, event.id[:8])
    if isinstance(event, JudgmentLine):
        what = "nothing proposed" if event.chosen is None else f"option {event.chosen}, {event.verdict}"
        posterior = event.posterior
        belief = "" if posterior is None else f"{posterior.mean:.2f} ± {posterior.sd:.2f}"
        by = event.source if event.reason is None else f"{event.source} ({event.reason})"
        return (*head, event.subject or "", what, belief, by)
    if isinstance(event, FeedbackLine):
        reward = "" if event.reward is None else f"reward {event.reward:g}"
        said = ", ".join(part for part in (event.feedback, reward) if part)
        return (*head, "", f"{said} on {event.judgment[:8]}", "", "")
    if isinstance(event, PolicyLine | CandidateLine):
        return (*head, event.subject or "", *_said_beside(event))
    if isinstance(event, EpochLine):
        since = event.since[:19].replace("T", " ")
        return (*head, event.subject, f"answers count from {since}", "", f"{event.by} ({event.reason})")
    if isinstance(event, EpochUndoneLine):
        return (*head, "", f"epoch {event.epoch[:8]} undone", "", event.by)
    return (*head, "", "", "", event.writer)


def _said_beside(event: PolicyLine | CandidateLine) -> tuple[str, str, str]:
    """What another would have proposed, by which belief, and who it is."""
    from bayesian_verifier.journal import PolicyLine

    if isinstance(event, PolicyLine):
        choice = "nothing" if event.choice is None else f"option {event.choice}"
        what = f"{choice}{', would ask' if event.ask else ''} on {event.judgment[:8]}"
        return what, f"{event.belief.mean:.2f} ± {event.belief.sd:.2f}", f"policy {event.policy}"
    candidate = event.candidate
    choice = "no option" if candidate.chosen is None else f"option {candidate.chosen}"
    on = "" if event.judgment is None else f" on {event.judgment[:8]}"
    return choice + on, "", "candidate" if candidate.reason is None else f"candidate ({candidate.reason})"


def _print(table: Table) -> None:
    from rich.console import Console

    # a pipe has no width: whoever reads it wants whole lines
    Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH).print(table)


def _summary(file: Path, report: Audit) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.kinds.items())) or "no events"
    wrong = len(report.findings)
    state = "whole" if report.whole else f"{wrong} thing{'s' if wrong > 1 else ''} wrong"
    files = f" in {len(report.files)} files" if len(report.files) > 1 else ""
    return f"{file}: {state}; {report.lines} lines ({kinds}){files}, writers: {len(report.writers)}"


def _report(file: Path, report: Audit) -> dict[str, Any]:
    return {
        "file": str(file),
        "whole": report.whole,
        "files": [str(file) for file in report.files],
        "lines": report.lines,
        "kinds": report.kinds,
        "writers": report.writers,
        "unanswered": report.unanswered,
        **{
            name: [
                {"line": finding.line, "problem": finding.problem, "file": str(finding.file)}
                for finding in getattr(report, name)
            ]
            for name in ("links", "damaged", "gaps", "duplicates", "strays", "remains")
        },
    }
