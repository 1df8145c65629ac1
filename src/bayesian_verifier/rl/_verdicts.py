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


_OPEN: Finding = "open"


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
        finding, figures = _OPEN, f"not complete: {', '.join(lacking)}"
    elif isinstance(one, ClosesGap):
        finding, figures = _closes(one, results)
    elif isinstance(one, WorthOfGap):
        finding, figures = _worth(one, results)
    elif isinstance(one, Beats):
        finding, figures = _beats(one, results)
    elif isinstance(one, LearnsFaster):
        finding, figures = _learns(one, results)
    else:
        finding, figures = _monotone(one, results)
    return Judged(one.id, asked(one, results.experiment.evaluation.level), finding, figures)


def asked(one: Hypothesis, level: float) -> str:
    """A hypothesis in words. level: reward at which an arm counts as having learned."""
    if isinstance(one, ClosesGap):
        excluded = "" if one.excludes is None else f", and the interval excludes {one.excludes:g}"
        return f"{one.arm} closes ≥ {one.least:g} of {one.low} → {one.high}{excluded}"
    if isinstance(one, WorthOfGap):
        ahead = f"ahead of {one.other} by" if one.least >= 0 else f"behind {one.other} by no more than"
        share = f"{abs(one.least):g} of {one.low} → {one.high}"
        return f"{one.arm} is {ahead} {share}, and the interval excludes {one.excludes:g}"
    if isinstance(one, Beats):
        if one.margin < 0:
            return f"{one.arm} is not worse than {one.other} by {-one.margin:g}"
        return f"{one.arm} earns more than {one.other}" + (f" by {one.margin:g}" if one.margin else "")
    if isinstance(one, LearnsFaster):
        return f"{one.other} needs ≥ {one.ratio:g} × the steps of {one.arm} to reach {level:g}"
    return f"{one.arm} picks no riskier option at a greater θ*, in ≥ {one.least:g} of states"


def said(estimate: Estimate, digits: int = 4) -> str:
    """A figure and its interval in words."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _found(estimate: Estimate, least: float, excludes: float) -> Finding:
    if estimate.value >= least and estimate.low > excludes:
        return "supported"
    return "not supported" if estimate.high < least else "open"


def _closes(one: ClosesGap, results: Results) -> tuple[Finding, str]:
    share = results.bootstrap.closed(one.arm, one.low, one.high)
    excludes = -math.inf if one.excludes is None else one.excludes
    return _found(share, one.least, excludes), said(share, 3)


def _worth(one: WorthOfGap, results: Results) -> tuple[Finding, str]:
    share = results.bootstrap.closed(one.arm, one.low, one.high, beyond=one.other)
    return _found(share, one.least, one.excludes), said(share, 3)


def _beats(one: Beats, results: Results) -> tuple[Finding, str]:
    lead = results.bootstrap.lead(one.arm, one.other)
    return _found(lead, one.margin, one.margin), said(lead)


def _learns(one: LearnsFaster, results: Results) -> tuple[Finding, str]:
    ours, theirs = results.reached(one.arm), results.reached(one.other)
    wanted = results.experiment.evaluation
    ratio = times_as_many(ours, theirs, results.watched, wanted.resamples, wanted.seed)
    counts = [
        f"{name} {int((seeds < math.inf).sum())} of {len(seeds)}"
        for name, seeds in ((one.arm, ours), (one.other, theirs))
    ]
    figures = f"{said(ratio, 2)}; got there: {', '.join(counts)}"
    if math.isnan(ratio.value):
        return _OPEN, figures
    finding = _found(ratio, one.ratio, 1.0)
    if finding == "not supported" and not (theirs < math.inf).all():
        # a lower bound below what was asked shows nothing
        return _OPEN, figures
    return finding, figures


def _monotone(one: Monotone, results: Results) -> tuple[Finding, str]:
    shares = [monotone_share(table) for table in results.of_arm("probes", one.arm).values()]
    lowest, mean = min(shares), sum(shares) / len(shares)
    figures = f"{mean:.3f} over {len(shares)} seeds, the lowest {lowest:.3f}"
    if lowest >= one.least:
        return "supported", figures
    return _OPEN if mean >= one.least else "not supported", figures
