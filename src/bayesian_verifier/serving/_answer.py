"""Which posterior does a question have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import WIDENING, beliefs_of, correct, log_weights, log_widening
from bayesian_verifier.serving._checks import Checks, Findings, judged, within_reach
from bayesian_verifier.serving._draws import equally_weighted
from bayesian_verifier.serving._engine import MANY, infer
from bayesian_verifier.serving._look import looked
from bayesian_verifier.serving._state import encode_state
from bayesian_verifier.serving._together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._looked import Looked
    from bayesian_verifier.serving._plain_body import Question
    from bayesian_verifier.serving._said import Draws
    from bayesian_verifier.serving._state import Known

Float = NDArray[np.float64]


class Counts(NamedTuple):
    """Evidence behind an answer, over all requests of a stream; informative and refuted are disjoint."""

    judgments: int
    informative: int
    refuted: int


class Answer(NamedTuple):
    """A posterior and what is known about it.

    beliefs: by parameter, in its own unit.   correlations: of each parameter with each other one.
    draws: float32 [draws] by parameter, joint by index, or None.
    seed: what the draws came from, or None.   seconds: spent in compiled functions.
    """

    beliefs: Mapping[str, Belief]
    correlations: Mapping[str, Mapping[str, float]]
    counts: Counts
    checks: Checks
    draws: Mapping[str, NDArray[np.float32]] | None
    seed: int | None
    state: str
    seconds: float


class _Summary(NamedTuple):
    """Draws [D, P] on the link scale and the share each has in the summary.

    corrected: whether weights were used for that.   seconds: spent in compiled functions.
    """

    theta: Float
    share: Float
    log_greatest: float
    corrected: bool
    findings: Findings
    known: Known
    seconds: float = 0.0


def answer(
    question: Question, engine: Engine, *, clock: Callable[[], float], make_seed: Callable[[], int]
) -> Answer:
    """Infer the posterior a question asks for.

    clock: seconds, monotonic.   make_seed: called where draws are asked for without a seed.
    Raises OtherModelError or InvalidEvidenceError for a state that cannot be used.
    """
    answered = [j for j in question.judgments if j.feedback is not None or j.reward is not None]
    look = looked(question.state, answered, engine, clock)
    known = look.known
    summary = _prior(engine, known) if look.said is None else _posterior(engine, known, look.said, look)
    seconds = summary.seconds
    seed = None
    draws = None
    if question.draws:
        seed = make_seed() if question.seed is None else question.seed
        started = clock()
        draws = _drawn(engine, summary, question.draws, seed)
        seconds += clock() - started
    natural = np.stack([p.natural(summary.theta[:, i]) for i, p in enumerate(engine.parameters)], axis=1)
    joint = together(engine.parameters, summary.theta, natural, summary.share)
    return Answer(
        beliefs=dict(
            zip((p.name for p in engine.parameters), beliefs_of(natural, summary.share), strict=True)
        ),
        correlations=joint.correlations,
        counts=_counts(known, question.judgments, len(answered), engine),
        checks=judged(summary.findings, joint.unidentified),
        draws=draws,
        seed=seed,
        state=encode_state(summary.known, engine.tag),
        seconds=seconds,
    )


def _prior(engine: Engine, known: Known) -> _Summary:
    """With no evidence the posterior is the prior, whatever a network makes of nothing."""
    plain = engine.points.noise / np.float32(WIDENING)
    share = np.full(len(plain), 1.0 / len(plain))
    return _Summary(_of_prior(engine, plain), share, 0.0, corrected=False, findings=Findings(0), known=known)


def _of_prior(engine: Engine, noise: NDArray[np.float32]) -> Float:
    means = np.array([p.prior_mean for p in engine.parameters])
    sds = np.array([p.prior_sd for p in engine.parameters])
    result: Float = means + sds * noise
    return result


def _posterior(engine: Engine, known: Known, said: Draws, look: Looked) -> _Summary:
    points = engine.points
    theta, stray = within_reach(said.theta, engine.parameters)
    log_density = said.log_density + points.log_ratio
    likely = None if said.log_likelihood is None else said.log_likelihood.astype(np.float64)
    correction = correct(theta, log_density, points.share, known.evidence, engine.log_prior, likely)
    weights = correction.weights
    share = weights.share if weights is not None and correction.reliable else points.share
    beyond = correction.evidence.range_missed(theta)
    findings = Findings(
        informative=known.informative,
        stray_draws=stray,
        beyond=float(share @ beyond),
        typicality_p=_typicality(engine, said, known),
        pareto_k=None if weights is None or not np.isfinite(weights.pareto_k) else weights.pareto_k,
        effective=None if weights is None else weights.effective,
        reliable=correction.reliable,
        shift_sd=correction.shift_sd,
        misfit=look.misfit,
    )
    return _Summary(
        theta,
        share,
        0.0 if weights is None else weights.log_greatest,
        corrected=bool(correction.reliable),
        findings=findings,
        known=known._replace(evidence=correction.evidence),
        seconds=look.seconds,
    )


def _typicality(engine: Engine, said: Draws, known: Known) -> float | None:
    if engine.typicality is None or known.evidence.kind not in engine.typicality.kinds:
        return None
    if not np.isfinite(said.summary).all():
        return 0.0
    return engine.typicality.p_value(said.summary.astype(np.float64), known.evidence.kind, known.informative)


def _drawn(engine: Engine, summary: _Summary, count: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """Equally weighted draws by parameter, corrected where the summary is."""
    known = summary.known

    def propose(noise: NDArray[np.float32]) -> tuple[Float, Float | None]:
        if not known.informative:
            return _of_prior(engine, noise), None
        wide = noise * np.float32(WIDENING) if summary.corrected else noise
        said = infer(engine, known.evidence.sums, wide)
        theta, _ = within_reach(said.theta, engine.parameters)
        if not summary.corrected:
            return theta, None
        log_density = said.log_density + log_widening(wide)
        return theta, log_weights(theta, log_density, known.evidence, engine.log_prior)

    theta = equally_weighted(
        count,
        propose,
        seed,
        dimensions=len(engine.parameters),
        block=MANY,
        log_greatest=summary.log_greatest,
    )
    return {p.name: p.natural(theta[:, i]).astype(np.float32) for i, p in enumerate(engine.parameters)}


def _counts(known: Known, judgments: Sequence[Judgment], answered: int, engine: Engine) -> Counts:
    """Counts of the reply: judgments still without an answer are in it, but not in the state."""
    if answered == len(judgments):
        return Counts(known.judgments, known.informative, known.refuted)
    waiting = [j for j in judgments if j.feedback is None and j.reward is None]
    refuted = engine.simulator.describe(waiting).refuted
    return Counts(known.judgments + len(waiting), known.informative, known.refuted + refuted)
