"""`bayesian-verifier simulate`: judgments of simulated people, to try things on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

import click

from bayesian_verifier.commands._configs import config_file
from bayesian_verifier.commands._engines import Place, with_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

#: people who are simulated at once, so that handing them out costs little beside making them
_AT_ONCE = 64


@click.command(
    epilog="Example: bayesian-verifier simulate --people 3 --judgments 40 --seed 1 > judgments.jsonl"
)
@click.option("--people", default=1, show_default=True, type=click.IntRange(min=1), help="How many people.")
@click.option(
    "--judgments", default=32, show_default=True, type=click.IntRange(0, 512), help="Judgments of each."
)
@click.option(
    "--answers",
    default="feedback",
    show_default=True,
    type=click.Choice(["feedback", "reward", "both"]),
    help="What a judgment is answered with.",
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="The same seed, the same people."
)
@click.option("--cases", type=click.Path(dir_okay=False), help="Instead of configs/simulators/lottery.toml.")
@click.option(
    "--output", default="-", type=click.File("w", lazy=True), help="A file instead of standard output."
)
@with_engine()
def command(
    people: int, judgments: int, answers: str, seed: int, cases: str | None, output: TextIO, place: Place
) -> None:
    """People drawn from the prior judge varied cases; a line each, with the true θ as `truth` on standard error."""
    from bayesian_verifier.commands._simulated import Simulated
    from bayesian_verifier.engine import in_order
    from bayesian_verifier.simulators.lottery import read_mixture

    mixture = read_mixture(config_file(cases, "simulators/lottery.toml"))
    simulated = Simulated(mixture, judgments, answers, seed)
    lots: list[Sequence[int]] = [
        range(start, min(start + _AT_ONCE, people)) for start in range(0, people, _AT_ONCE)
    ]
    with place.entered() as engine:
        for lot in in_order(engine.results(simulated, lots)):
            for one in lot:
                click.echo(one.truth, err=True)
                output.writelines(one.lines)
