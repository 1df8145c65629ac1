"""`bayesian-verifier journal export`: a journal as Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(
    name="export",
    epilog="Example: bayesian-verifier journal export parquet/ judgments.jsonl",
    short_help="A journal as Parquet, a file a day.",
)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.argument("file", type=click.Path(path_type=Path), default="judgments.jsonl")
@click.option("--prune", is_flag=True, help="Also remove days that the journal does not hold (any more).")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def export_command(directory: Path, file: Path, prune: bool, as_json: bool) -> None:
    """Write judgments and feedback to DIRECTORY as two tables, partitioned by day.

    Each day is replaced as a whole; days that are there already are left alone. Damaged lines are left out and
    counted. Needs DuckDB: pip install 'bayesian-verifier[scale]'.
    """
    from bayesian_verifier.commands._bars import Bars
    from bayesian_verifier.journal import export

    with Bars() as bars:
        done = export(file, directory, prune=prune, progress=bars.late_tick)
    if as_json:
        report = {
            **done._asdict(),
            "written": [str(one) for one in done.written],
            "removed": [str(one) for one in done.removed],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    rows = ", ".join(f"{count} {table}" for table, count in done.rows.items())
    click.echo(
        f"{directory}: {rows}; {len(done.written)} files written, {done.unchanged} unchanged, "
        f"{len(done.removed)} removed; left out: {done.damaged} damaged lines, {done.repeated} repeated ids"
    )
