"""`bayesian-verifier simulate`: judgments of simulated people, to try things on."""

from __future__ import annotations

import json
from typing import TextIO

import click

from bayesian_verifier.commands._configs import config_file


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
def command(people: int, judgments: int, answers: str, seed: int, cases: str | None, output: TextIO) -> None:
    """People drawn from the prior judge varied cases; a line each, with the true θ as `truth` on standard error."""
    import numpy as np

    from bayesian_verifier.simulators.lottery import (
        MAX_REWARD,
        LotterySimulator,
        read_mixture,
        simulate_person,
    )

    simulator = LotterySimulator()
    mixture = read_mixture(config_file(cases, "simulators/lottery.toml"))
    for index in range(people):
        rng = np.random.default_rng([seed, index])
        person = simulate_person(rng, simulator, mixture, judgments, answered=answers, max_reward=MAX_REWARD)
        subject = f"simulated-{seed}-{index}"
        pairs = zip(simulator.parameters, person.theta, strict=True)
        truth = {p.name: round(float(p.natural(value)), 6) for p, value in pairs}
        click.echo(f"{subject}: {json.dumps(truth)}", err=True)
        for judgment in person.judgments:
            record = judgment.model_dump(mode="json", exclude_none=True) | {"subject": subject}
            output.write(json.dumps(record, allow_nan=False) + "\n")
