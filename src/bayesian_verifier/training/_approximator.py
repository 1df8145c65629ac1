"""How are the networks one BayesFlow approximator, that saves, reloads and samples as its users expect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bayesflow as bf
import numpy as np

from bayesian_verifier.simulators import PlainSimulator
from bayesian_verifier.training._located_flow import LocatedFlow
from bayesian_verifier.training._plain_people import PlainBatches, draw_facts
from bayesian_verifier.training._whitened_flow import WhitenedFlow

if TYPE_CHECKING:
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._settings import NetworkSettings

#: values of the first parameter that natural parameters are read at, and how far those reach, in prior sd
_POINTS, _REACH = 33, 4.5
#: so many parameters have a surface of potentials; more have a lattice
PAIR = 2
#: cases and people that say how much one judgment adds to a sum
_SCALE_CASES, _SCALE_PEOPLE = 1024, 64


def build_approximator(simulator: Simulator, settings: NetworkSettings) -> Any:
    """A built `bayesflow.ContinuousApproximator` of θ on the link scale, in the order of its parameters.

    It reads `sums` float32 [B, S] over a person's judgments, as the simulator describes them, and samples `theta`
    [B, draws, P].
    """
    summary = _summary(simulator, settings)
    parameters = len(simulator.parameters)
    subnet: dict[str, Any] = {
        "widths": list(settings.flow_widths),
        "dropout": None,
        "activation": settings.flow_activation,
    }
    coupling = {"depth": settings.flow_depth, "permutation": "swap", "subnet_kwargs": subnet}
    if parameters == PAIR:
        flow: Any = LocatedFlow(flow=coupling)
    else:
        subnet |= {"kernel_initializer": "orthogonal", "residual": False}  # as BayesFlow's own couplings
        flow = WhitenedFlow(parameters, words=settings.context_widths[-1], flow=coupling)
    adapter = (
        bf.Adapter()
        .convert_dtype("float64", "float32")
        .rename("theta", "inference_variables")
        .rename("sums", "summary_variables")
    )
    approximator = bf.ContinuousApproximator(
        summary_network=summary, inference_network=flow, adapter=adapter, standardize=None
    )
    approximator.build(
        {"inference_variables": (1, parameters), "summary_variables": (1, simulator.sums_size)}
    )
    return approximator


def _summary(simulator: Simulator, settings: NetworkSettings) -> Any:
    """Potentials of the lottery's sums at reference points, of a plain simulator's anywhere, or what a lattice says."""
    prior = [[p.prior_mean, p.prior_sd] for p in simulator.parameters]
    if len(prior) > PAIR:
        from bayesian_verifier.training._trait_summary import TraitSummary  # noqa: PLC0415 - one of three

        axes = simulator.feature_layout["nodes"]
        return TraitSummary(axes=axes, prior=prior, context_widths=settings.context_widths)
    (mean, sd), (below, above) = prior[1], settings.noise_reach
    levels = np.linspace(mean - sd * below, mean + sd * above, settings.noise_levels)
    shared: dict[str, Any] = {
        "noise_points": levels.tolist(),
        "prior": prior,
        "refine": settings.refine,
        "context_widths": settings.context_widths,
    }
    if isinstance(simulator, PlainSimulator):
        from bayesian_verifier.training._natural_summary import NaturalSummary  # noqa: PLC0415 - one of three

        points = prior[0][0] + prior[0][1] * np.linspace(-_REACH, _REACH, _POINTS)
        return NaturalSummary(points=points.tolist(), scale=_scale(simulator), **shared)
    from bayesian_verifier.training._reference_summary import ReferenceSummary  # noqa: PLC0415 - one of three

    lottery: Any = simulator
    return ReferenceSummary(points=lottery.points.tolist(), knots=lottery.feature_layout["knots"], **shared)


def _scale(simulator: PlainSimulator) -> list[float]:
    """How much one judgment adds to each sum, rms, as people of fixed seeds have it; 1 where nothing ever does."""
    facts = draw_facts(np.random.default_rng(0), simulator, _SCALE_CASES)
    said = PlainBatches(simulator, facts, _SCALE_PEOPLE, 0).batch(0)
    judged = np.maximum(said.sums[:, :2].sum(axis=1, keepdims=True), 1.0)
    each = np.sqrt((said.sums**2 / judged).mean(axis=0))
    return [float(v) for v in np.where(each > 0, each, 1.0)]
