"""What does a model say of itself that was never trained?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.artifact import Manifest, ParameterNote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.simulators import Simulator

VERSION = "2026-01-01T00-00-00Z-0000"


def untrained_manifest(simulator: Simulator, name: str, files: Mapping[str, str]) -> Manifest:
    """The manifest of a model of a simulator. files: name → sha256."""
    notes = [
        ParameterNote(name=p.name, link=p.link, prior_mean=p.prior_mean, prior_sd=p.prior_sd)
        for p in simulator.parameters
    ]
    return Manifest(
        name=name,
        version=VERSION,
        created="2026-01-01T00:00:00+00:00",
        simulator=simulator.name,
        parameters=tuple(notes),
        features=simulator.feature_layout,
        sums_size=simulator.sums_size,
        network={},
        training={},
        quality={},
        versions={},
        files=dict(files),
    )
