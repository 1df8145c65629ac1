"""How does evidence become draws of θ without ever compiling anything on the way?

What the network reads of a person has one size, whatever the number of judgments. The exported function is compiled
for the points behind a summary and for one larger number of draws; other numbers are padded or made in several calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.posterior import MisfitCheck, wide_points
from bayesian_verifier.serving._matching import MEND, parameters_of, require_match
from bayesian_verifier.serving._program import Program
from bayesian_verifier.serving._said import Draws
from bayesian_verifier.serving._state import model_tag
from bayesian_verifier.simulators import log_prior

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.artifact import Emission, Model
    from bayesian_verifier.posterior import TypicalityTable, WidePoints
    from bayesian_verifier.simulators import Parameter, Simulator

Floats = NDArray[np.float32]

#: candidates for draws are made so many at a time
MANY = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """One model, compiled.

    name, version, created: of the model.   manifest: its JSON.   tag: names the version inside a state.
    parameters: θ, its links and the prior the model was trained under.
    functions: compiled for the number of draws that is their key, increasing.
    points: the fixed points behind every summary.
    typicality: what simulated people's evidence looks like, misfit: what rivals of the model make of it; None where
    the model does not say.   program: from judgments to all of this in one call, where the simulator offers its part.
    """

    name: str
    version: str
    created: str
    manifest: bytes
    tag: bytes
    simulator: Simulator
    parameters: tuple[Parameter, ...]
    points: WidePoints
    functions: Mapping[int, Callable[[Floats, Floats], Emission]]
    typicality: TypicalityTable | None
    misfit: MisfitCheck | None
    program: Program | None

    def log_prior(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-density [D] of the prior of θ [D, P] on the link scale, as the model was trained under."""
        return log_prior(self.parameters, theta)


def compile_engine(model: Model, simulator: Simulator, *, points: int, many: int = MANY) -> Engine:
    """Compile a verified model for the points behind summaries and for `many` draws, and run each once.

    points: how many base points two parameters have, see `wide_points`.
    Raises ArtifactError when the model was trained for another simulator than this one.
    """
    manifest = model.manifest
    require_match(manifest, simulator)
    noise, check, beside = (
        wide_points(points, len(manifest.parameters)),
        _misfit_check(model, simulator),
        simulator.beside(),
    )
    engine = Engine(
        name=manifest.name,
        version=manifest.version,
        created=str(manifest.created),
        manifest=manifest.model_dump_json().encode(),
        tag=model_tag(manifest.version),
        simulator=simulator,
        parameters=parameters_of(manifest),
        points=noise,
        functions={
            count: model.function.compile_beside(count, simulator.log_likelihood_of_sums)
            for count in sorted({many} if beside else {len(noise.noise), many})
        },
        typicality=model.typicality,
        misfit=check,
        program=None if beside is None else Program(model.function, beside, check, noise.noise),
    )
    for count in engine.functions:
        infer(
            engine,
            np.zeros(manifest.sums_size, np.float32),
            np.zeros((count, len(engine.parameters)), np.float32),
        )
    return engine


def _misfit_check(model: Model, simulator: Simulator) -> MisfitCheck | None:
    if model.misfit is None or simulator.rivals is None:
        return None
    priors = [(note.prior_mean, note.prior_sd) for note in model.manifest.parameters]
    try:
        return MisfitCheck(simulator.rivals, model.misfit, priors)
    except ValueError as error:
        raise ArtifactError(
            f"model {model.manifest.name} {model.manifest.version}: {error}; {MEND}"
        ) from error


def infer(engine: Engine, sums: Floats, noise: Floats) -> Draws:
    """Turn noise [D, P], any D >= 1, into draws of θ given sums [S]."""
    at_once = next((size for size in engine.functions if size >= len(noise)), max(engine.functions))
    run, given = engine.functions[at_once], sums[None]
    parts = [
        Draws.of(run(given, _grown(noise[start : start + at_once], at_once)))
        for start in range(0, len(noise), at_once)
    ]
    return _joined(parts, len(noise))


def _joined(parts: Sequence[Draws], count: int) -> Draws:
    """The first `count` of the draws."""
    if len(parts) == 1 and len(parts[0].theta) == count:
        return parts[0]
    known = [part.log_likelihood for part in parts if part.log_likelihood is not None]
    return Draws(
        np.concatenate([part.theta for part in parts])[:count],
        np.concatenate([part.log_density for part in parts])[:count],
        parts[0].summary,
        np.concatenate(known)[:count] if known else None,
    )


def _grown(rows: Floats, count: int) -> Floats:
    if len(rows) == count:
        return rows
    grown = np.zeros((count, rows.shape[1]), np.float32)
    grown[: len(rows)] = rows
    return grown
