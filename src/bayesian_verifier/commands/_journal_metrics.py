"""`bayesian-verifier journal metrics`: what callers got, for Prometheus."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click


@click.command(
    name="metrics",
    epilog="Example: bayesian-verifier journal metrics judgments.jsonl --out textfile/bayesian_verifier.prom",
    short_help="What callers got, for Prometheus.",
)
@click.argument("file", type=click.Path(path_type=Path), default="judgments.jsonl")
@click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    default="ledger.jsonl",
    show_default=True,
    help="What operations did; may be missing.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Replace this file instead of printing."
)
@click.option(
    "--every", type=click.FloatRange(min=0.1), help="Go on, with this many seconds between two looks."
)
def metrics_command(file: Path, ledger: Path, out: Path | None, every: float | None) -> None:
    """Count who told the risk and why, answers, windows and alarms, in Prometheus's text format.

    For the textfile collector of node_exporter, which wants a file whose name ends in .prom; it is replaced whole.
    """
    import time

    from bayesian_verifier.journal import News, Tally

    tally = Tally()
    with ExitStack() as stack:
        journal = stack.enter_context(closing(News(file)))
        operations = stack.enter_context(closing(News(ledger)))
        while True:
            tally.hear_journal(journal.read())
            tally.hear_ledger(operations.read())
            _write(tally.exposition(), out)
            if every is None:
                return
            time.sleep(every)


def _write(text: str, out: Path | None) -> None:
    """Raises OperatorError where the file cannot be replaced."""
    from bayesian_verifier.errors import OperatorError

    if out is None:
        click.echo(text, nl=False)
        return
    scratch = out.with_name(f".{out.name}.new")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(out)
    except OSError as exc:
        raise OperatorError(f"{out}: cannot write: {exc.strerror or exc}") from exc
