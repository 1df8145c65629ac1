"""`bayesian-verifier journal forget`: a person is gone from a journal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command(
    name="forget",
    epilog="Example: bayesian-verifier journal forget ada judgments.jsonl",
    short_help="A person is gone from a journal.",
)
@click.argument("subject")
@click.argument("file", type=click.Path(path_type=Path), default="judgments.jsonl")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def forget_command(subject: str, file: Path, as_json: bool) -> None:
    """Remove every line about SUBJECT, and all that name one, from all files of a journal.

    SUBJECT is - to read it from standard input, so that it stands in no shell's history. Others may append
    meanwhile. A salted hash stays, so that an old copy that is merged later brings nobody back. Cut short, it
    leaves each file old or new: run it again. Copies elsewhere, archives and Parquet, are yours to see to.
    """
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.journal import forget

    name = sys.stdin.readline().rstrip("\n") if subject == "-" else subject
    with Bars() as bars:
        done = forget(file, name, progress=bars.late_tick)
    if as_json:
        files = {str(one): lines for one, lines in done.lines.items()}
        click.echo(json.dumps({"file": str(file), "lines": done.total, "files": files}, ensure_ascii=False))
    elif done.total:
        for one, lines in done.lines.items():
            click.echo(f"{one}: {lines} lines removed")
    else:
        click.echo(f"{file}: nothing was known of this person; a tombstone stands all the same")
