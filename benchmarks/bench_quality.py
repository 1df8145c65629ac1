"""How good is a posterior for the time it takes, beside sbi's NPE and NUTS, on the same sets?

    python benchmarks/bench_quality.py            every method, about half an hour, most of it sbi's training
    python benchmarks/bench_quality.py --quick    a few sets, a token budget for sbi
    python benchmarks/bench_quality.py --only nuts ours    these again, the others' figures kept

All are judged on the marginal of risk_aversion. A method with a density (the network, sbi) is judged by KL of it; of
draws alone (NUTS) a density is made by Gaussian kernels, whose own error on independent exact draws is measured
beside. Error of mean, quantiles and sd is that of what each would report. Writes results/quality.json.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import _ours
import numpy as np
from _peers import PEERS, SkippedError, environment, installed_version, last_line
from _quality_judged import Found, judged, kernels, marginal, of_draws
from _quality_sets import (
    SIZES,
    QualitySet,
    embedded,
    prior_arrays,
    quality_sets,
    raw_arrays,
    simulated,
)
from _record import about, read, say, write
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Float = NDArray[np.float64]
DRAWS = 1000


class Effort(NamedTuple):
    """People at each size; sbi's simulations and seconds of training; warm-up and draws of each run of NUTS."""

    people: int
    simulations: int
    training_seconds: float
    budgets: tuple[str, ...]


FULL = Effort(
    people=25, simulations=20_000, training_seconds=600, budgets=("100:100", "300:1000", "1000:4000")
)
QUICK = Effort(people=3, simulations=2_000, training_seconds=20, budgets=("300:1000",))


Method = tuple[str, dict[str, Any], list[Found]]


def ours(sets: Sequence[QualitySet], _: Effort) -> Iterator[Method]:
    """What is served (in process, from judgments read to summary) with the network's own density beside it."""
    served, network = _ours.engine(), _ours.Network()
    found = []
    for item in sets:
        seconds, belief = timed(lambda item=item: _ours.belief_of(served, item.judgments), 30)
        density = marginal(item, network.log_density(item.judgments, item.grid))
        found.append(Found(seconds, belief.mean, belief.sd, np.array(belief.quantiles), density))
    yield "this service, in process", {"density": "the network's own, uncorrected"}, found


def approximator(sets: Sequence[QualitySet], _: Effort) -> Iterator[Method]:
    """The same weights, asked by `approximator.sample`; its density is the network's, so it is not judged again."""
    asked = _ours.Approximator()
    logging.disable(logging.INFO)
    found = []
    for item in sets:
        seconds, draws = timed(lambda item=item: asked.draws(item.judgments, DRAWS, seed=1), 3)
        found.append(of_draws(seconds, draws[:, 0], None))
    yield "approximator.sample, 1,000 draws", {"density": "the same network's"}, found


def exact_draws(sets: Sequence[QualitySet], _: Effort) -> Iterator[Method]:
    """The floor of judging draws: as many independent ones of the exact marginal, through the same kernels."""
    rng = np.random.default_rng(3)
    found = []
    for item in sets:
        draws = item.exact.r.quantiles(list(rng.uniform(size=DRAWS)))
        found.append(of_draws(item.exact_seconds, draws, kernels(item, draws)))
    yield (
        "1,000 independent draws of the exact posterior (time: of the quadrature)",
        {"density": "Gaussian kernels"},
        found,
    )


def sbi(sets: Sequence[QualitySet], effort: Effort) -> Iterator[Method]:
    """NPE with a spline flow on a pooled embedding, trained on simulations of the same cases."""
    python = environment("sbi")
    say(f"sbi: {effort.simulations} simulations, training for at most {effort.training_seconds:.0f} s")
    theta, x = simulated(effort.simulations)
    given = {"theta": theta, "x": x, "sets": len(sets)} | prior_arrays()
    for index, item in enumerate(sets):
        given |= {f"x_{index}": embedded(item.evidence), f"grid_{index}": item.grid}
    told = asked_of(python, "sbi/npe.py", given, [str(effort.training_seconds)])
    found = [
        of_draws(
            float(told[f"seconds_{i}"]),
            told[f"draws_{i}"][:, 0].astype(np.float64),
            marginal(item, told[f"log_density_{i}"].astype(np.float64)),
        )
        for i, item in enumerate(sets)
    ]
    notes = {
        "density": "its own",
        "simulations": effort.simulations,
        "training_s": round(float(told["training_s"]), 1),
        "epochs": int(told["epochs"]),
        "draws": DRAWS,
        "versions": {name: installed_version(python, name) for name in ("sbi", "torch")},
    }
    yield "sbi NPE, 1,000 draws", notes, found


def nuts(sets: Sequence[QualitySet], effort: Effort) -> Iterator[Method]:
    """NUTS on the model written out, one chain, compiled for the shape beforehand."""
    python = environment("blackjax")
    given: dict[str, Any] = {"sets": len(sets)} | prior_arrays()
    for index, item in enumerate(sets):
        given |= raw_arrays(item, index)
    told = asked_of(python, "blackjax/nuts.py", given, list(effort.budgets))
    for b, budget in enumerate(effort.budgets):
        warmup, draws = budget.split(":")
        found = []
        for i, item in enumerate(sets):
            r = told[f"draws_{b}_{i}"][:, 0]
            found.append(of_draws(float(told[f"seconds_{b}_{i}"]), r, kernels(item, r)))
        notes = {
            "density": "Gaussian kernels",
            "first_run_s": {str(n): round(float(told[f"first_{b}_{n}"]), 2) for n in SIZES},
            "versions": {name: installed_version(python, name) for name in ("blackjax", "jax")},
        }
        yield f"BlackJAX NUTS, {warmup} steps of warm-up, {draws} draws", notes, found


METHODS: dict[str, Callable[[Sequence[QualitySet], Effort], Iterator[Method]]] = {
    "ours": ours,
    "exact": exact_draws,
    "approximator": approximator,
    "nuts": nuts,
    "sbi": sbi,
}


def asked_of(python: Path, script: str, given: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """What a peer's script writes, given arrays. Raises SkippedError with the end of what it printed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        arrays, answer = Path(scratch) / "in.npz", Path(scratch) / "out.npz"
        np.savez(arrays, **given)
        environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}
        command = [str(python), str(PEERS / script), str(arrays), str(answer), *words]
        done = subprocess.run(
            command, stderr=subprocess.PIPE, text=True, check=False, env=environ, cwd=scratch
        )
        if done.returncode or not answer.is_file():
            raise SkippedError(f"{script} ended with {done.returncode}: {last_line(done.stderr)}")
        with np.load(answer) as told:
            return dict(told)


def timed(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median seconds of a call, after one that does not count, and what it gave."""
    seconds, result = [], run()
    for _ in range(repeats):
        began = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds)), result


def former(model: str, *, quick: bool) -> dict[str, Any]:
    """Methods of an earlier run on the same sets and the same model, to be completed."""
    before = read("quality")
    if before is None or (before["about"]["model"], before["about"]["quick"]) != (model, quick):
        return {}
    return dict(before["methods"])


def main() -> None:
    """Compare, and write after every method."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few sets, a token budget for sbi")
    parser.add_argument("--only", nargs="+", choices=list(METHODS), help="these methods, keeping the others'")
    parser.add_argument("--training-seconds", type=float, help="of sbi, instead of 600, or 20 in a quick run")
    asked = parser.parse_args()
    effort, model = QUICK if asked.quick else FULL, _ours.model_version()
    if asked.training_seconds:
        effort = effort._replace(training_seconds=asked.training_seconds)
    figures: dict[str, Any] = {
        "about": about(model, quick=asked.quick),
        "sets": effort.people * len(SIZES),
        "sizes": list(SIZES),
        "methods": former(model, quick=asked.quick) if asked.only else {},
    }
    say(f"{figures['sets']} sets and their exact posteriors")
    sets = quality_sets(effort.people)
    for name in asked.only or METHODS:
        say(name)
        figures["methods"] = {t: m for t, m in figures["methods"].items() if m["by"] != name}
        try:
            for title, notes, found in METHODS[name](sets, effort):
                told = judged(sets, found)
                figures["methods"][title] = {"by": name} | notes | told
                say(f"{title}: {told['ms_per_posterior']} ms, KL {told['kl_mean']}")
        except SkippedError as error:
            figures["methods"][name] = {"by": name, "skipped": str(error)}
            say(f"SKIPPED {name}: {error}")
        write("quality", figures)


if __name__ == "__main__":
    main()
