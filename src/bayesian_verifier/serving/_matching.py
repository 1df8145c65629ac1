"""Was this model trained for this simulator?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.simulators import Parameter

if TYPE_CHECKING:
    from bayesian_verifier.artifact import Manifest
    from bayesian_verifier.simulators import Simulator

MEND = "train a model for it with `bayesian-verifier train`, or install the version the model was made with"


def parameters_of(manifest: Manifest) -> tuple[Parameter, ...]:
    """θ as the model was trained: names, links and prior."""
    return tuple(
        Parameter(note.name, "log" if note.link == "log" else "identity", note.prior_mean, note.prior_sd)
        for note in manifest.parameters
    )


def require_match(manifest: Manifest, simulator: Simulator) -> None:
    """Raises ArtifactError where the simulator describes judgments, or means θ, in another way than in training.

    The prior may differ: the model keeps the one it was trained under.
    """
    trained = [(note.name, note.link) for note in manifest.parameters]
    offered = [(parameter.name, parameter.link) for parameter in simulator.parameters]
    model = f"model {manifest.name} {manifest.version}"
    if trained != offered:
        raise ArtifactError(
            f"{model} infers {trained}, the simulator {simulator.name!r} has {offered}; {MEND}"
        )
    if manifest.features != simulator.feature_layout or manifest.sums_size != simulator.sums_size:
        raise ArtifactError(
            f"{model} reads other features than the simulator {simulator.name!r} describes judgments by; {MEND}"
        )
