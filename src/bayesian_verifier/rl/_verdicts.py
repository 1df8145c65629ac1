"""Which hypotheses do the results support? Decided from the raw tables and the registered experiment alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.rl._explained import monotone_share
from bayesian_verifier.rl._settings import Beats, ClosesGap, LearnsFaster, WorthOfGap, named_in
from bayesian_verifier.rl._statistics import times_as_many

if TYPE_CHECKING:
    from bayesian_verifier.rl._results import Results
    from bayesian_verifier.rl._settings import Hypothesis, Monotone
    from bayesian_verifier.rl._statistics import Estimate

Finding = Literal["supported", "not supported", "open"]


class Judged(NamedTuple):
    """A hypothesis, what was found, and the figures behind it in words."""

    id: str
    asked: str
    finding: Finding
    figures: str


def judge(one: Hypothesis, results: Results) -> Judged:
    """What the results say of one hypothesis.

    Supported: the figure is what was asked and its interval excludes what it has to. Not supported: the whole
    interval lies on the other side. Open: the interval lies on both sides, or something of an arm is missing.
    """
    lacking = [name for name in named_in(one) if not results.complete(name)]
    if lacking:
        return Judged(
            one.id,
            f"({one.kind} of {' and '.join(named_in(one))})",
            "open",
            f"not complete: {', '.join(lacking)}",
        )
    if isinstance(one, ClosesGap):
        return _closes(one, results)
    if isinstance(one, WorthOfGap):
        return _worth(one, results)
    if isinstance(one, Beats):
        return _beats(one, results)
    if isinstance(one, LearnsFaster):
        return _learns(one, results)
    return _monotone(one, results)


def said(estimate: Estimate, digits: int = 4) -> str:
    """A figure and its interval in words."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _found(estimate: Estimate, least: float, excludes: float) -> Finding:
    if estimate.value >= least and estimate.low > excludes:
        return "supported"
    return "not supported" if estimate.high < least else "open"


def _closes(one: ClosesGap, results: Results) -> Judged:
    share = results.bootstrap.closed(one.arm, one.low, one.high)
    asked = f"{one.arm} closes ≥ {one.least:g} of {one.low} → {one.high}"
    if one.excludes is not None:
        asked += f", and the interval excludes {one.excludes:g}"
    excludes = -math.inf if one.excludes is None else one.excludes
    return Judged(one.id, asked, _found(share, one.least, excludes), said(share, 3))


def _worth(one: WorthOfGap, results: Results) -> Judged:
    share = results.bootstrap.closed(one.arm, one.low, one.high, beyond=one.other)
    ahead = f"ahead of {one.other} by" if one.least >= 0 else f"behind {one.other} by no more than"
    asked = f"{one.arm} is {ahead} {abs(one.least):g} of {one.low} → {one.high}"
    asked += f", and the interval excludes {one.excludes:g}"
    return Judged(one.id, asked, _found(share, one.least, one.excludes), said(share, 3))


def _beats(one: Beats, results: Results) -> Judged:
    lead = results.bootstrap.lead(one.arm, one.other)
    asked = (
        f"{one.arm} earns more than {one.other}" + (f" by {one.margin:g}" if one.margin else "")
        if one.margin >= 0
        else f"{one.arm} is not worse than {one.other} by {-one.margin:g}"
    )
    return Judged(one.id, asked, _found(lead, one.margin, one.margin), said(lead))


def _learns(one: LearnsFaster, results: Results) -> Judged:
    ours, theirs = results.reached(one.arm), results.reached(one.other)
    wanted = results.experiment.evaluation
    ratio = times_as_many(ours, theirs, results.watched, wanted.resamples, wanted.seed)
    asked = f"{one.other} needs ≥ {one.ratio:g} × the steps of {one.arm} to reach {wanted.level:g}"
    counts = [
        f"{name} {int((seeds < math.inf).sum())} of {len(seeds)}"
        for name, seeds in ((one.arm, ours), (one.other, theirs))
    ]
    figures = "; ".join([said(ratio, 2), "got there: " + ", ".join(counts)])
    if math.isnan(ratio.value):
        return Judged(one.id, asked, "open", figures)
    finding = _found(ratio, one.ratio, 1.0)
    if finding == "not supported" and not (theirs < math.inf).all():
        # a lower bound below what was asked shows nothing
        finding = "open"
    return Judged(one.id, asked, finding, figures)


def _monotone(one: Monotone, results: Results) -> Judged:
    shares = [monotone_share(table) for table in results.of_arm("probes", one.arm).values()]
    asked = f"{one.arm} picks no riskier option at a greater θ*, in ≥ {one.least:g} of states"
    lowest, mean = min(shares), sum(shares) / len(shares)
    figures = f"{mean:.3f} over {len(shares)} seeds, the lowest {lowest:.3f}"
    finding: Finding = (
        "supported" if lowest >= one.least else "open" if mean >= one.least else "not supported"
    )
    return Judged(one.id, asked, finding, figures)
