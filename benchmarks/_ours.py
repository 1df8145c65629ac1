"""How is this project's own model called by the benchmarks? Every use of its function, features and weights is here.

When the signature of the exported function or the inputs of the approximator change, this file changes and no other.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import Question, answer, load_engine, marginal, read_question, reply
from bayesian_verifier.settings import model_store, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.artifact import Manifest
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief
    from bayesian_verifier.serving import Answer, Engine

ROOT = Path(__file__).resolve().parents[1]
CACHE_VARIABLE = "BV_COMPILATION_CACHE"
#: Points of a density asked about in one call, so that one shape is compiled.
_AT_ONCE = 8192
FIRST = "risk_aversion"
_LEAST_CALLS = 9

Float = NDArray[np.float64]
Record = dict[str, Any]


class Stage(NamedTuple):
    """One step of the way from a body to a reply, to be timed by itself."""

    name: str
    run: Callable[[], object]


def engine(cache: Path | None = None) -> Engine:
    """The shipped model, compiled as the service compiles it. cache: of compiled functions; default BV_…'s."""
    settings = read_settings({})
    named = os.environ.get(CACHE_VARIABLE)
    kept = cache or (Path(named) if named else None)
    return load_engine(model_store(settings), settings.model_name, points=settings.summary_points, cache=kept)


def model_version() -> str:
    """Version of the shipped model."""
    return _manifest().version


def answer_of(served: Engine, judgments: Sequence[Judgment], state: str | None = None) -> Answer:
    """All that the service finds out about a question, as its inference thread does it."""
    return answer(
        Question(list(judgments), state, 0, None), served, clock=time.perf_counter, make_seed=lambda: 0
    )


def document(served: Engine, records: Sequence[Record]) -> Record:
    """What a framework serves instead of us: the same inference, checks and summary, as a plain mapping."""
    said = answer_of(served, parse_judgments(list(records)))
    return {
        "model": {"name": served.name, "version": served.version},
        "posterior": {name: marginal(belief) for name, belief in said.beliefs.items()},
        "evidence": said.counts._asdict(),
        "trustworthy": said.checks.trustworthy,
        "state": said.state,
    }


def body_to_reply(served: Engine, body: bytes) -> bytes:
    """The whole work of the inference thread on one body."""
    said = answer(read_question(body), served, clock=time.perf_counter, make_seed=lambda: 0)
    return reply(said, served, request_id="benchmark", queue_seconds=0.0)


def belief_of(served: Engine, judgments: Sequence[Judgment]) -> Belief:
    """What is served about the first parameter: corrected, where the service corrects."""
    return answer_of(served, judgments).beliefs[FIRST]


class Network:
    """The exported function by itself: its draws and its density, uncorrected."""

    def __init__(self) -> None:
        from bayesian_verifier.artifact import load_model  # noqa: PLC0415 - brings JAX, which servers load later
        from bayesian_verifier.simulators import load_simulator  # noqa: PLC0415

        model = load_model(_directory())
        self.simulator: Any = load_simulator(model.manifest.simulator)
        self._function = model.function

    def alone(self, draws: int) -> Callable[..., Any]:
        """The function for one person and so many draws, compiled for speed."""
        return self._function.compile_beside(draws, self.simulator.log_likelihood_of_sums)

    def log_density(self, judgments: Sequence[Judgment], query: Float) -> Float:
        """Log q(θ | judgments) at each row of query [Q, 2], on the link scale."""
        sums = self.simulator.describe(list(judgments)).evidence.sums
        return np.concatenate(
            [self._at(sums, query[i : i + _AT_ONCE]) for i in range(0, len(query), _AT_ONCE)]
        )

    def _at(self, sums: NDArray[np.float32], query: Float) -> Float:
        asked = np.zeros((_AT_ONCE, 2), np.float32)
        asked[: len(query)] = query
        emission = self._function(sums[None], np.zeros((1, 2), np.float32), asked)
        return np.asarray(emission.query_density, dtype=np.float64)[0, : len(query)]


def network_ms(people: Mapping[int, Sequence[Record]], seconds: float) -> dict[int, float]:
    """Median ms of the network alone, with the likelihood of its draws, by number of judgments; sizes take turns.

    Compiled as the service compiles it, but for what describes the judgments, which is in the same program there.
    """
    network = Network()
    served = engine()
    run = network.alone(len(served.points.noise))
    sums = {
        size: network.simulator.describe(parse_judgments(list(raw))).evidence.sums[None]
        for size, raw in people.items()
    }
    taken: dict[int, list[float]] = {size: [] for size in people}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(next(iter(taken.values()))) < _LEAST_CALLS:
        for size, given in sums.items():
            began = time.perf_counter()
            np.asarray(run(given, served.points.noise).theta)
            taken[size].append(time.perf_counter() - began)
    return {size: round(1e3 * statistics.median(times), 4) for size, times in taken.items()}


class Approximator:
    """BayesFlow's own object with the shipped weights, asked as its users ask: `approximator.sample`."""

    def __init__(self) -> None:
        os.environ.setdefault("KERAS_BACKEND", "jax")
        from bayesian_verifier.settings_file import read_table  # noqa: PLC0415 - as above
        from bayesian_verifier.simulators import load_simulator  # noqa: PLC0415 - as above
        from bayesian_verifier.training import (  # noqa: PLC0415 - brings BayesFlow and Keras
            TrainingSettings,
            build_approximator,
            read_weights,
        )

        self.simulator: Any = load_simulator(_manifest().simulator)
        settings = read_table(TrainingSettings, ROOT / "configs" / "training.toml")
        self._approximator = build_approximator(self.simulator, settings.network)
        read_weights(self._approximator, _directory() / "weights.npz")

    def draws(self, judgments: Sequence[Judgment], count: int, seed: int | None = None) -> Float:
        """Draws [count, 2] of θ on the link scale."""
        conditions = {"sums": self.simulator.describe(list(judgments)).evidence.sums[None]}
        sampled = self._approximator.sample(num_samples=count, conditions=conditions, seed=seed)
        return np.asarray(sampled["theta"][0], dtype=np.float64)


def stages(served: Engine, body: bytes) -> list[Stage]:
    """The hot path taken apart, in order. Each stage is given what the stage before it made."""
    import orjson  # noqa: PLC0415

    from bayesian_verifier.posterior import Belief, correct  # noqa: PLC0415
    from bayesian_verifier.serving._checks import within_reach  # noqa: PLC0415 - private parts, timed here
    from bayesian_verifier.serving._state import encode_state  # noqa: PLC0415

    content = orjson.loads(body)
    judgments = parse_judgments(content["judgments"])
    program, points = served.program, served.points
    if program is None:
        raise ValueError("the shipped model's simulator is compiled beside it")
    nothing, read = program.nothing(), program.read(judgments)
    looked = program(nothing, read, len(judgments), time.perf_counter)
    known, drawn = looked.known, looked.said
    if drawn is None:
        raise ValueError("expected judgments that say something")
    evidence = known.evidence
    theta, _ = within_reach(drawn.theta, served.parameters)
    log_density = drawn.log_density + points.log_ratio
    share = points.share
    likely = None if drawn.log_likelihood is None else drawn.log_likelihood.astype(np.float64)
    said = answer_of(served, judgments)

    def summarise() -> object:
        return {
            p.name: Belief.from_draws(p.natural(theta[:, i]), share) for i, p in enumerate(served.parameters)
        }

    def typical() -> object:
        if served.typicality is None:
            return None
        return served.typicality.p_value(drawn.summary.astype(np.float64), evidence.kind, known.informative)

    return [
        Stage("JSON to Python", lambda: orjson.loads(body)),
        Stage("judgments validated", lambda: parse_judgments(content["judgments"])),
        Stage("whole body read (both above, and repeated names)", lambda: read_question(body)),
        Stage("judgments laid out", lambda: program.read(judgments)),
        Stage("program", lambda: program(nothing, read, len(judgments), time.perf_counter)),
        Stage("weights", lambda: correct(theta, log_density, share, evidence, served.log_prior, likely)),
        Stage("typicality", typical),
        Stage("summary", summarise),
        Stage("state encoded", lambda: encode_state(known, served.tag)),
        Stage("reply encoded", lambda: reply(said, served, request_id="benchmark", queue_seconds=0.0)),
        Stage("all, body to reply", lambda: body_to_reply(served, body)),
    ]


def _directory() -> Path:
    from bayesian_verifier.artifact import ModelStore  # noqa: PLC0415 - as above

    settings = read_settings({})
    store = ModelStore(model_store(settings))
    version = store.current(settings.model_name)
    if version is None:
        raise FileNotFoundError("no model is shipped")
    return store.path(settings.model_name, version)


def _manifest() -> Manifest:
    from bayesian_verifier.artifact import Manifest  # noqa: PLC0415 - as above

    return Manifest.model_validate_json((_directory() / "manifest.json").read_bytes())
