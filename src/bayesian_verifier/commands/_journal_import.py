"""`bayesian-verifier journal import`: judgments of another shape become part of a journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bayesian_verifier.journal import Imported

_BAD = 1
_MOST_NAMED = 32


@click.command(
    name="import",
    epilog="Example: bayesian-verifier journal import choices.jsonl --map examples/import_choices.toml --dry-run",
    short_help="Judgments of another shape become part of a journal.",
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--map", "map_file", required=True, type=click.Path(path_type=Path), help="TOML: what is found where."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="judgments.jsonl",
    show_default=True,
    help="The journal they are added to.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--partial", is_flag=True, help="Leave out lines that cannot be read, and import the others.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def import_command(
    file: Path, map_file: Path, out: Path, dry_run: bool, partial: bool, as_json: bool
) -> None:
    """Add the judgments in FILE, one JSON object a line, plain or .gz, to a journal.

    Importing a file again adds nothing. Each line that cannot be read is named with the place in it and the
    rule that it breaks; then nothing is added, unless --partial is given.

    Exit code 0: all is well. 1: lines could not be read, or the journal has other content under their ids.
    """
    from bayesian_verifier.journal import Journal, import_file, read_map

    with Journal(out) as journal:
        done = import_file(file, read_map(map_file), journal, dry_run=dry_run, partial=partial)
    if as_json:
        click.echo(json.dumps(_report(out, done), ensure_ascii=False))
    else:
        _tell(file, out, done, dry_run=dry_run)
    if done.bad or done.conflicts:
        raise SystemExit(_BAD)


def _tell(file: Path, out: Path, done: Imported, *, dry_run: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    for one in done.bad[:_MOST_NAMED]:
        where = one.violation.pointer or "/"
        click.echo(f"{file}:{one.line}: {where}: {one.violation.detail} [{one.violation.rule}]", err=True)
    for id_ in done.conflicts[:_MOST_NAMED]:
        click.echo(f"{out}: has something else under the id {id_}", err=True)
    table = Table(box=box.SIMPLE, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    would = "would be added" if dry_run else "added"
    rows = {
        "lines": done.lines,
        "people": done.subjects,
        f"judgments {would}": done.judgments,
        f"answers {would}": done.feedback,
        "events there already": done.known,
        "events of people forgotten": done.forgotten,
        **{f"lines left out: {reason}": count for reason, count in done.skipped.items()},
        "lines that cannot be read": len({one.line for one in done.bad}),
    }
    for name, count in rows.items():
        table.add_row(Text(name), str(count))
    Console().print(table)


def _report(out: Path, done: Imported) -> dict[str, Any]:
    return {
        "file": str(out),
        **done._asdict(),
        "bad": [{"line": one.line, **one.violation._asdict()} for one in done.bad],
    }
