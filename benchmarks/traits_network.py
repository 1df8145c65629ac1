"""What do further traits cost who has use for risk aversion alone? Models of several traits beside the lottery's.

    python benchmarks/traits_network.py [--people 240] [--calls 400] [--models DIRECTORY]

Nothing explored: people of the lottery answer cases whose options nobody counted tries of, so that the exact posterior
of risk aversion is one and the same for `explorer` and for the lottery. How far off it is each, as served, and which of
them scores the truth better (continuous ranked probability score, of the same people)?

Latency: the services are asked in turns, each over a connection of its own, with the same 32 judgments, whose options
are tried or not.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _people
import numpy as np
from _record import about, say, write
from _server_process import side_car
from load import Exchange
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief, wide_points
from bayesian_verifier.settings import model_store, read_settings
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.training import DRAWS, Network
from bayesian_verifier.training._exact import exact_posterior
from bayesian_verifier.training._trait_examination import judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

LOTTERY, FURTHER = "bayesian-verifier", ("explorer", "traits")
SIZES = (2, 8, 32, 128)
JUDGMENTS, WARM = 32, 20


class Row(NamedTuple):
    """One person by one model: what is served less exact, in exact sd, and the score of the truth."""

    mean: float
    sd: float
    quantiles: float
    score: float


def network_of(store: Path, name: str) -> Network:
    """The current model of that name."""
    models = ModelStore(store)
    model = load_model(models.path(name, str(models.current(name))))
    simulator = load_simulator(model.manifest.simulator)
    return Network(model.function, simulator, wide_points(DRAWS, len(model.manifest.parameters)))


def scored(draws: NDArray[np.float64], share: NDArray[np.float64], truth: float) -> float:
    """Continuous ranked probability score of weighted draws; less is better (Gneiting & Raftery 2007, eq. 21)."""
    spread = share @ np.abs(draws[:, None] - draws) @ share
    return float(share @ np.abs(draws - truth) - 0.5 * spread)


def rows_of(networks: Sequence[Network], seed: int, size: int) -> list[Row]:
    """One person by each of the networks, the lottery's first."""
    rng, lottery = np.random.default_rng([seed, size]), networks[0].simulator
    truth = float(lottery.sample_prior(np.random.default_rng([seed, size]), 1)[0, 0])
    answered: list[Judgment] = judged(lottery, rng, size, "feedback")
    exact = exact_posterior(lottery, answered)
    rows = []
    for network in networks:
        evidence = network.simulator.describe(answered).evidence
        said = network.ask([evidence])[0]
        correction = network.corrected(said, evidence)
        share = correction.weights.share if correction.reliable else network.points.share
        found = Belief.from_draws(said.theta[:, 0], share)
        off = np.array(found.quantiles) - exact.quantiles(QUANTILE_LEVELS)
        rows.append(
            Row(
                (found.mean - exact.mean) / exact.sd,
                found.sd / exact.sd - 1.0,
                float(np.sqrt((off**2).mean())) / exact.sd,
                scored(said.theta[:, 0], share / share.sum(), truth),
            )
        )
    return rows


def unexplored(store: Path, people: int) -> dict[str, Any]:
    """By number of judgments: how far both are off exact, rms, and the scores' mean difference with its error."""
    names = (LOTTERY, FURTHER[0])
    networks, found = [network_of(store, name) for name in names], {}
    for size in SIZES:
        asked = track(range(people // len(SIZES)), f"{size} judgments", console=Console(stderr=True))
        rows = np.array([rows_of(networks, seed, size) for seed in asked])
        worse = rows[:, 1, 3] - rows[:, 0, 3]
        found[str(size)] = {
            name: {
                part: round(float(np.sqrt((rows[:, i, j] ** 2).mean())), 4)
                for j, part in enumerate(Row._fields[:3])
            }
            | {"score": round(float(rows[:, i, 3].mean()), 5)}
            for i, name in enumerate(names)
        } | {
            "score_worse_by": round(float(worse.mean()), 5),
            "standard_error": round(float(worse.std(ddof=1) / np.sqrt(len(worse))), 5),
        }
    return found


def latency(store: Path, names: Sequence[str], calls: int) -> dict[str, Any]:
    """Milliseconds of each model's service, p50 and p90, and p50 beside the lottery's."""
    rng = np.random.default_rng(0)
    raw = [
        one | {"times_tried": rng.integers(0, 20, len(one["options"])).tolist()}
        for one in _people.person(JUDGMENTS, JUDGMENTS)
    ]
    body = json.dumps({"judgments": raw}).encode()
    times: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = {}
        for name in names:
            settings = {"BV_MODEL_STORE": str(store), "BV_MODEL_NAME": name}
            servers[name] = stack.enter_context(side_car(Path(folder), body, **settings))
        # a connection that says nothing while the others begin would be closed
        asked = {name: stack.enter_context(Exchange(one.target)) for name, one in servers.items()}
        for number in range(WARM + calls):
            for name, exchange in asked.items():
                sent = time.perf_counter()
                status, content = exchange.post(body)
                took = time.perf_counter() - sent
                if status != 200:  # noqa: PLR2004 - OK
                    raise SystemExit(f"{name} answered {status}: {content[:300]!r}")
                if number >= WARM:
                    times[name].append(1e3 * took)
    middle = {name: float(np.median(some)) for name, some in times.items()}
    return {
        name: {
            "p50_ms": round(middle[name], 2),
            "p90_ms": round(float(np.quantile(some, 0.9)), 2),
            "beside_lottery": round(middle[name] / middle[LOTTERY], 2),
        }
        for name, some in times.items()
    }


def main() -> None:
    """Ask both questions and keep the answers in results/traits_network.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=240)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--models", type=Path, default=model_store(read_settings({})))
    asked = parser.parse_args()
    models = asked.models.resolve()
    names = [LOTTERY, *(name for name in FURTHER if ModelStore(models).current(name))]
    figures = {"about": about(", ".join(names), quick=False)}
    say("latency")
    figures["latency"] = latency(models, names, asked.calls)
    say("nothing explored")
    figures["unexplored"] = unexplored(models, asked.people)
    write("traits_network", figures)
    table = Table("model", "p50 ms", "p90 ms", "beside the lottery's")
    for name, row in figures["latency"].items():
        table.add_row(name, *(str(value) for value in row.values()))
    Console().print(table)
    table = Table("judgments", "model", "mean", "sd", "quantiles", "score", "worse by")
    for size, found in figures["unexplored"].items():
        for name in (LOTTERY, FURTHER[0]):
            by = "" if name == LOTTERY else f"{found['score_worse_by']} ± {found['standard_error']}"
            table.add_row(size, name, *(str(value) for value in found[name].values()), by)
    Console().print(table)


if __name__ == "__main__":
    main()
