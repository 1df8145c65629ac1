"""Which hypotheses do the results support? Decided from the raw tables and the registered experiment alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.rl._settings import Beats, ClosesGap, Experiment, Hypothesis, LearnsFaster
from bayesian_verifier.rl._statistics import Bootstrap, median_steps, steps_to

if TYPE_CHECKING:
    from bayesian_verifier.rl._statistics import Estimate
    from bayesian_verifier.rl._tables import Columns

Finding = Literal["supported", "not supported", "open"]


class Judged(NamedTuple):
    """A hypothesis, what was found, and the figures behind it in words."""

    id: str
    asked: str
    finding: Finding
    figures: str


def judge(
    one: Hypothesis, bootstrap: Bootstrap, curves: dict[tuple[str, int], Columns], level: float
) -> Judged:
    """What the results say of one hypothesis. Open: the interval lies on both sides of what was asked."""
    if isinstance(one, ClosesGap):
        return _closes(one, bootstrap)
    if isinstance(one, Beats):
        return _beats(one, bootstrap)
    return _learns(one, curves, level)


def missing(experiment: Experiment, episodes: dict[tuple[str, int], Columns]) -> list[str]:
    """Seeds that the experiment names and nobody has run."""
    wanted = [(arm, seed) for arm, count in experiment.arms.items() for seed in range(count)]
    wanted += [(rule, 0) for rule in experiment.rules]
    return [f"{arm}, seed {seed}" for arm, seed in wanted if (arm, seed) not in episodes]


def said(estimate: Estimate, digits: int = 4) -> str:
    """A figure and its interval in words."""
    if math.isnan(estimate.value):
        return "–"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _closes(one: ClosesGap, bootstrap: Bootstrap) -> Judged:
    share = bootstrap.closed(one.arm, one.low, one.high)
    asked = f"{one.arm} closes ≥ {one.least:g} of {one.low} → {one.high}"
    if one.excludes is not None:
        asked += f", and the interval excludes {one.excludes:g}"
    sure = one.excludes is None or share.low > one.excludes
    if share.value >= one.least and sure:
        finding: Finding = "supported"
    else:
        finding = "not supported" if share.high < one.least else "open"
    return Judged(one.id, asked, finding, said(share, 3))


def _beats(one: Beats, bootstrap: Bootstrap) -> Judged:
    lead = bootstrap.lead(one.arm, one.other)
    asked = (
        f"{one.arm} earns more than {one.other}" + (f" by {one.margin:g}" if one.margin else "")
        if one.margin >= 0
        else f"{one.arm} is not worse than {one.other} by {-one.margin:g}"
    )
    finding: Finding = (
        "supported" if lead.low > one.margin else "not supported" if lead.high < one.margin else "open"
    )
    return Judged(one.id, asked, finding, said(lead))


def _learns(one: LearnsFaster, curves: dict[tuple[str, int], Columns], level: float) -> Judged:
    ours, theirs = (median_steps(_reached(name, curves, level)) for name in (one.arm, one.other))
    asked = f"{one.other} needs ≥ {one.ratio:g} × the steps of {one.arm} to reach {level:g}"
    figures = " and ".join("never" if steps is None else f"{steps:,.0f}" for steps in (ours, theirs))
    if ours is None:
        return Judged(one.id, asked, "open" if theirs is None else "not supported", figures)
    last = max(float(columns["steps"][-1]) for columns in curves.values())
    # who never got there needs more steps than there were
    ratio = (last if theirs is None else theirs) / ours
    finding: Finding = "supported" if ratio >= one.ratio else "open" if theirs is None else "not supported"
    return Judged(one.id, asked, finding, figures)


def _reached(arm: str, curves: dict[tuple[str, int], Columns], level: float) -> list[float | None]:
    return [
        steps_to(level, columns["steps"], columns["reward"])
        for (name, _), columns in curves.items()
        if name == arm
    ]
