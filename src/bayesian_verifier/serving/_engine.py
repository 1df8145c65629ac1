"""How does evidence become draws of θ without ever compiling anything on the way?

The exported function is compiled once for each rung of a ladder of sizes and one number of draws. A request
is padded to the next rung with rows that count for nothing; more draws than compiled for are made in
several calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import base_points
from bayesian_verifier.serving._limits import MAX_JUDGMENTS
from bayesian_verifier.serving._matching import parameters_of, require_match
from bayesian_verifier.serving._state import model_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.artifact import Emission, Model
    from bayesian_verifier.simulators import Parameter, Simulator

Floats = NDArray[np.float32]

LADDER = (8, 32, 128, MAX_JUDGMENTS)


class Draws(NamedTuple):
    """What the network says.

    sums: float32 [S].   theta: float32 [D, P] on the link scale.   log_density: log q(theta), float32 [D].
    """

    sums: Floats
    theta: Floats
    log_density: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """One model, compiled.

    name, version, created: of the model.   manifest: its JSON.   tag: names the version inside a state.
    parameters: θ, its links and the prior the model was trained under.
    functions: compiled for the padded number of judgments that is their key and len(points) draws.
    points: float32 [D, P], the fixed standard normal points behind every summary.
    """

    name: str
    version: str
    created: str
    manifest: bytes
    tag: bytes
    simulator: Simulator
    parameters: tuple[Parameter, ...]
    state_size: int
    points: Floats
    functions: Mapping[int, Callable[[Floats, Floats, Floats, Floats], Emission]]


def compile_engine(
    model: Model, simulator: Simulator, *, points: int, ladder: Sequence[int] = LADDER
) -> Engine:
    """Compile a verified model for every rung of the ladder and `points` draws, and run each once.

    points: number of base points, see `base_points`.   ladder: increasing; its last rung bounds a request.
    Raises ArtifactError when the model was trained for another simulator than this one.
    """
    manifest = model.manifest
    require_match(manifest, simulator)
    engine = Engine(
        name=manifest.name,
        version=manifest.version,
        created=str(manifest.created),
        manifest=manifest.model_dump_json().encode(),
        tag=model_tag(manifest.version),
        simulator=simulator,
        parameters=parameters_of(manifest),
        state_size=manifest.state_size,
        points=base_points(points, len(manifest.parameters)),
        functions={rung: model.function.compile(rung, points) for rung in ladder},
    )
    for rung in ladder:
        infer(
            engine,
            np.zeros((rung, manifest.feature_width), np.float32),
            np.zeros(engine.state_size, np.float32),
            engine.points,
        )
    return engine


def infer(engine: Engine, features: Floats, sums: Floats, noise: Floats) -> Draws:
    """Add features [n, F] to sums [S] and turn noise [D, P], any D >= 1, into draws of θ.

    n at most the ladder's last rung.
    """
    rung = next(size for size in engine.functions if size >= len(features))
    padded, mask = pad(features, rung)
    run, at_once = engine.functions[rung], len(engine.points)
    parts = []
    for start in range(0, len(noise), at_once):
        chunk = noise[start : start + at_once]
        emission = run(padded, mask, sums, _grown(chunk, at_once))
        parts.append(
            Draws(
                np.asarray(emission.state),
                np.asarray(emission.theta)[: len(chunk)],
                np.asarray(emission.log_density)[: len(chunk)],
            )
        )
    if len(parts) == 1:
        return parts[0]
    return Draws(
        parts[0].sums,
        np.concatenate([part.theta for part in parts]),
        np.concatenate([part.log_density for part in parts]),
    )


def pad(features: Floats, rung: int) -> tuple[Floats, Floats]:
    """Features [rung, F] with rows of zeros behind, and the mask [rung]: 1 for a real row, 0 for padding."""
    mask = np.zeros(rung, np.float32)
    mask[: len(features)] = 1.0
    return _grown(features, rung), mask


def _grown(rows: Floats, count: int) -> Floats:
    if len(rows) == count:
        return rows
    grown = np.zeros((count, rows.shape[1]), np.float32)
    grown[: len(rows)] = rows
    return grown
