"""How are the networks of several traits one BayesFlow approximator?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bayesflow as bf
import numpy as np

from bayesian_verifier.simulators.traits import REACH, node_places
from bayesian_verifier.training._node_summary import NodeSummary
from bayesian_verifier.training._whitened_flow import WhitenedFlow

if TYPE_CHECKING:
    from bayesian_verifier.simulators.traits import TraitsSimulator

#: levels of ln τ reach so many prior sd to either side
_LEVELS, _FURTHEST = 12, 3.2
_CONTEXT, _FLOW_WIDTHS, _DEPTH = (96, 32), (48, 48), 6


def build_traits(simulator: TraitsSimulator) -> Any:
    """A built `bayesflow.ContinuousApproximator` of θ on the link scale, in the order of its parameters.

    It reads `sums` float32 [B, S], as the simulator describes judgments, and samples `theta` [B, draws, P].
    """
    p = len(simulator.parameters)
    summary = NodeSummary(
        nodes=node_places(p - 1).tolist(),
        spread=REACH,
        prior=[[one.prior_mean, one.prior_sd] for one in simulator.parameters],
        levels=np.linspace(-_FURTHEST, _FURTHEST, _LEVELS).tolist(),
        context_widths=_CONTEXT,
    )
    flow = WhitenedFlow(
        flow={
            "depth": _DEPTH,
            "permutation": "swap",
            "subnet_kwargs": {"widths": list(_FLOW_WIDTHS), "dropout": None, "activation": "silu"},
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
    approximator.build({"inference_variables": (1, p), "summary_variables": (1, simulator.sums_size)})
    return approximator
