"""Under which prior does a model see people? Its own: what trains, grades and corrects it must agree on that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.errors import CallerError
from bayesian_verifier.simulators import Parameter, PlainSimulator, Simulator, load_simulator
from bayesian_verifier.simulators.lottery import LotterySimulator, reference_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.artifact import Manifest

#: a prior must have this many of its sd between its mean and the ends of what judgments are described at
LEAST_REACH = 3.0


def priors_of(manifest: Manifest) -> tuple[Parameter, ...]:
    """θ and its prior, as a model was trained."""
    return tuple(
        Parameter(note.name, "log" if note.link == "log" else "identity", note.prior_mean, note.prior_sd)
        for note in manifest.parameters
    )


def simulator_under(name: str, priors: Sequence[Parameter] | None) -> Simulator:
    """A simulator whose people come from these priors; its own where none are given.

    Raises CallerError where the simulator cannot be had under another prior, or where one reaches too far.
    """
    simulator = load_simulator(name)
    if priors is None or tuple(priors) == tuple(simulator.parameters):
        return simulator
    if isinstance(simulator, PlainSimulator) and _same_parameters(simulator, priors):
        simulator.parameters = tuple(priors)
        return simulator
    if not isinstance(simulator, LotterySimulator):
        raise CallerError(f"the simulator {name!r} has one prior, and cannot be had under another")
    first = priors[0]
    low, high = widest_reach()
    if min(first.prior_mean - low, high - first.prior_mean) < LEAST_REACH * first.prior_sd:
        raise CallerError(
            f"a prior of {first.name} with mean {first.prior_mean:g} and sd {first.prior_sd:g} reaches beyond what "
            f"judgments are described at, {low:.1f} to {high:.1f}: expected {LEAST_REACH:g} sd on either side"
        )
    try:
        return LotterySimulator(priors)
    except ValueError as error:
        raise CallerError(f"simulator {name!r}: {error}") from error


def _same_parameters(simulator: Simulator, priors: Sequence[Parameter]) -> bool:
    return [(p.name, p.link) for p in simulator.parameters] == [(p.name, p.link) for p in priors]


def widest_reach() -> tuple[float, float]:
    """The least and the greatest risk aversion that judgments are described at."""
    points = reference_points()
    return float(points[0]), float(points[-1])
