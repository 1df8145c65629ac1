"""How are the networks one BayesFlow approximator, that saves, reloads and samples as its users expect?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bayesflow as bf
import numpy as np

from bayesian_verifier.simulators.lottery import KNOTS
from bayesian_verifier.training._located_flow import LocatedFlow
from bayesian_verifier.training._reference_summary import ReferenceSummary

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import LotterySimulator
    from bayesian_verifier.training._settings import NetworkSettings


def build_approximator(simulator: LotterySimulator, settings: NetworkSettings) -> Any:
    """A built `bayesflow.ContinuousApproximator` of θ on the link scale, in the order of its parameters.

    It reads `sums` float32 [B, S] over a person's judgments, as the simulator describes them, and samples `theta`
    [B, draws, 2].
    """
    prior = [[p.prior_mean, p.prior_sd] for p in simulator.parameters]
    below, above = settings.noise_reach
    levels = np.linspace(prior[1][0] - below, prior[1][0] + above, settings.noise_levels)
    summary = ReferenceSummary(
        points=simulator.points.tolist(),
        noise_points=levels.tolist(),
        prior=prior,
        knots=KNOTS,
        refine=settings.refine,
        context_widths=settings.context_widths,
    )
    flow = LocatedFlow(
        flow={
            "depth": settings.flow_depth,
            "permutation": "swap",
            "subnet_kwargs": {
                "widths": list(settings.flow_widths),
                "dropout": None,
                "activation": settings.flow_activation,
            },
        }
    )
    adapter = (
        bf.Adapter()
        .convert_dtype("float64", "float32")
        .rename("theta", "inference_variables")
        .rename("sums", "summary_variables")
    )
    approximator = bf.ContinuousApproximator(
        summary_network=summary, inference_network=flow, adapter=adapter, standardize=None
    )
    approximator.build({"inference_variables": (1, 2), "summary_variables": (1, simulator.sums_size)})
    return approximator
