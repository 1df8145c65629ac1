"""`bayesian-verifier journal merge`: several journals become one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bayesian_verifier.journal import Union

_UNSOUND = 1
_MOST_NAMED = 32


@click.command(
    name="merge",
    epilog="Example: bayesian-verifier journal merge all.jsonl berlin.jsonl lagos.jsonl",
    short_help="Several journals become one file.",
)
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def merge_command(out: Path, inputs: tuple[Path, ...], as_json: bool) -> None:
    """Write the union of journals to OUT, in the order of time; OUT may be one of them.

    In whatever order and grouping journals are merged, and however often, the file is the same, byte for
    byte. An answer to a judgment that is not there yet is kept. Lines that say the same under one id become
    one; lines that say different things are all kept and named.

    Exit code 0: all is well. 1: merged, but lines were damaged or lost, or ids are at odds.
    """
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.journal import merge

    with Bars() as bars:
        union = merge(out, inputs, progress=bars.late_tick)
    if as_json:
        click.echo(json.dumps(_report(out, union), ensure_ascii=False))
    else:
        _tell(out, union)
    if not union.sound:
        raise SystemExit(_UNSOUND)


def _tell(out: Path, union: Union) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("file", overflow="fold")
    for heading in ("lines", "damaged"):
        table.add_column(heading, justify="right")
    for one in union.taken:
        table.add_row(Text(str(one.file)), str(one.lines), str(len(one.damaged)))
    Console().print(table)
    for one in union.taken:
        for line in one.damaged[:_MOST_NAMED]:
            click.echo(f"{one.file}:{line.number}: damaged: {line.reason}", err=True)
    for id_, several in list(union.conflicts.items())[:_MOST_NAMED]:
        click.echo(f"{out}: {several} different events have the id {id_}", err=True)
    click.echo(
        f"{out}: {union.events} events; {union.duplicates} came twice, {len(union.conflicts)} ids at odds, "
        f"{union.lost} lines lost before, {union.forgotten} forgotten, "
        f"{union.strays} answers to judgments not there"
    )


def _report(out: Path, union: Union) -> dict[str, Any]:
    return {
        "file": str(out),
        "sound": union.sound,
        "events": union.events,
        "duplicates": union.duplicates,
        "conflicts": union.conflicts,
        "strays": union.strays,
        "lost": union.lost,
        "forgotten": union.forgotten,
        "taken": [
            {"file": str(one.file), "lines": one.lines, "damaged": [line._asdict() for line in one.damaged]}
            for one in union.taken
        ],
    }
