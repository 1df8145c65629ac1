"""Which posterior does a question have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from bayesian_verifier.serving._checks import Checks, check, within_reach
from bayesian_verifier.serving._engine import infer
from bayesian_verifier.serving._state import Evidence, decode_state, encode_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._question import Question

QUANTILE_NAMES = tuple(str(level) for level in QUANTILE_LEVELS)


class Counts(NamedTuple):
    """Evidence behind an answer, over all requests of a stream; informative and refuted are disjoint."""

    judgments: int
    informative: int
    refuted: int


class Answer(NamedTuple):
    """A posterior and what is known about it.

    beliefs: by parameter, in its own unit.   draws: float32 [draws] by parameter, joint by index, or None.
    seed: what the draws came from, or None.   seconds: spent in the network.
    """

    beliefs: Mapping[str, Belief]
    counts: Counts
    checks: Checks
    draws: Mapping[str, NDArray[np.float32]] | None
    seed: int | None
    state: str
    seconds: float


def answer(
    question: Question, engine: Engine, *, clock: Callable[[], float], make_seed: Callable[[], int]
) -> Answer:
    """Infer the posterior a question asks for.

    clock: seconds, monotonic.   make_seed: called where draws are asked for without a seed.
    Raises OtherModelError or InvalidEvidenceError for a state that cannot be used.
    """
    parameters = engine.parameters
    before = _evidence_so_far(question.state, engine)
    answered = [j for j in question.judgments if j.feedback is not None or j.reward is not None]
    described = engine.simulator.describe(answered)
    started = clock()
    summary = infer(engine, described.features, before.sums, engine.points)
    seconds = clock() - started
    theta, stray = within_reach(summary.theta, parameters)
    after = Evidence(
        before.judgments + len(answered),
        before.informative + described.informative,
        before.refuted + described.refuted,
        summary.sums,
    )
    draws, seed = None, None
    if question.draws:
        seed = make_seed() if question.seed is None else question.seed
        noise = standard_noise(seed, question.draws, len(parameters))
        started = clock()
        more = infer(engine, described.features, before.sums, noise).theta
        seconds += clock() - started
        reached, _ = within_reach(more, parameters)
        draws = {p.name: p.natural(reached[:, i]).astype(np.float32) for i, p in enumerate(parameters)}
    return Answer(
        beliefs={p.name: Belief.from_draws(p.natural(theta[:, i])) for i, p in enumerate(parameters)},
        counts=_counts(after, question.judgments, len(answered), engine),
        checks=check(after.informative, stray),
        draws=draws,
        seed=seed,
        state=encode_state(after, engine.tag),
        seconds=seconds,
    )


def standard_noise(seed: int, count: int, dimensions: int) -> NDArray[np.float32]:
    """Standard normal numbers [count, dimensions] that depend on seed alone; more of them begin alike."""
    generator = np.random.Generator(np.random.Philox(seed))
    return generator.standard_normal((count, dimensions), dtype=np.float32)


def reply(said: Answer, engine: Engine, *, request_id: str, queue_seconds: float) -> bytes:
    """The JSON of a 200."""
    content: dict[str, Any] = {
        "request_id": request_id,
        "model": {"name": engine.name, "version": engine.version},
        "posterior": {name: marginal(belief) for name, belief in said.beliefs.items()},
        "evidence": said.counts._asdict(),
        "checks": said.checks,
        "draws": said.draws,
        "seed": said.seed,
        "state": said.state,
        "timing_ms": {
            "queue": round(1e3 * queue_seconds, 3),
            "inference": round(1e3 * said.seconds, 3),
        },
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def marginal(belief: Belief) -> dict[str, Any]:
    """One parameter's belief as the reply writes it."""
    quantiles = dict(zip(QUANTILE_NAMES, belief.quantiles, strict=True))
    return {"mean": belief.mean, "sd": belief.sd, "quantiles": quantiles}


def _evidence_so_far(state: str | None, engine: Engine) -> Evidence:
    if state is None:
        return Evidence(0, 0, 0, np.zeros(engine.state_size, np.float32))
    return decode_state(state, engine.tag, engine.state_size)


def _counts(after: Evidence, judgments: Sequence[Judgment], answered: int, engine: Engine) -> Counts:
    """Counts of the reply: judgments still without an answer are in it, but not in the state."""
    if answered == len(judgments):
        return Counts(after.judgments, after.informative, after.refuted)
    waiting = [j for j in judgments if j.feedback is None and j.reward is None]
    refuted = engine.simulator.describe(waiting).refuted
    return Counts(after.judgments + len(waiting), after.informative, after.refuted + refuted)
