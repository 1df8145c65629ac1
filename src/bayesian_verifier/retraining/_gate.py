"""Is a challenger better than the champion, not good enough to say, or not fit to serve?

A challenger that does not do what it claims is rejected, whatever people say. One that does is promoted when the paired
test on people's next answers says it is better, at its own share of the error. Everything else holds: a tie, too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeGuard

from pydantic import BaseModel, ConfigDict, Field

from bayesian_verifier.retraining._comparison import level_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Verdict = Literal["PROMOTE", "HOLD", "REJECT"]


class GateSettings(BaseModel):
    """`[gate]` of configs/retraining.toml; see the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: Annotated[float, Field(gt=0, lt=1)]
    kl: Annotated[float, Field(gt=0)]
    served_mean: Annotated[float, Field(gt=0)]
    served_sd: Annotated[float, Field(gt=0)]
    unreliable: Annotated[float, Field(gt=0)]


class Judged(NamedTuple):
    """What the gate says, and why, in words that name both numbers."""

    verdict: Verdict
    reasons: tuple[str, ...]


def verdict(evidence: Mapping[str, Any], number: int, settings: GateSettings) -> Judged:
    """What becomes of the challenger with this number.

    evidence: as `bayesian-verifier evaluate --against` writes it.   number: 1 for the first challenger there ever was,
    see `number_of`. Raises ValueError for a number below 1.
    """
    level = level_of(number, alpha=settings.alpha)
    unfit = tuple(_unfit(evidence, settings))
    if unfit:
        return Judged("REJECT", unfit)
    answers = evidence.get("next_answers") or {}
    found, against = answers.get("evidence"), answers.get("against")
    if not _is_number(found) or not _is_number(against):
        return Judged("REJECT", ("its predictions of people's next answers are no numbers",))
    said = (
        f"{answers.get('answers', 0)} answers since it was trained: {answers.get('mean_gain', 0.0):+.4f} nats each, "
        f"evidence {found:.3g}, needed {1 / level:.3g} as number {number}"
    )
    if found >= 1.0 / level:
        return Judged("PROMOTE", (said,))
    if against >= 1.0 / level:
        return Judged(
            "REJECT", (f"the champion foresees people better; {said}, evidence against it {against:.3g}",)
        )
    return Judged("HOLD", (said,))


def number_of(challenger: str, judged: Iterable[tuple[str, int]]) -> int:
    """The number of a challenger: the one it had, or one more than the greatest that any had.

    judged: versions and numbers so far, of every challenger there ever was.
    """
    known = dict(judged)
    return known.get(challenger, max(known.values(), default=0) + 1)


def _unfit(evidence: Mapping[str, Any], settings: GateSettings) -> Iterator[str]:
    """Each way in which the challenger does not do what it claims. What is missing is a way, too."""
    if not (evidence.get("sound") or {}).get("challenger"):
        yield "it gives something else than numbers"
        return
    sealed = (evidence.get("sealed") or {}).get("challenger") or {}
    asked = {
        "mean KL from the exact posterior, nats": ("kl_mean", settings.kl),
        "served mean, rms in exact sd": ("mean_error_rms", settings.served_mean),
        "served sd, rms as a share of the exact": ("sd_error_rms", settings.served_sd),
        "share of people with unreliable weights": ("unreliable", settings.unreliable),
    }
    for what, (name, most) in asked.items():
        yield from _above(f"sealed set: {what}", sealed.get(name), most)
    for name, what in (
        ("sbc", "ranks are not even"),
        ("coverage", "intervals hold the truth too seldom or often"),
    ):
        row = (evidence.get(name) or {}).get("challenger") or {}
        where = f"{row.get('of')}, {row.get('judgments')} judgments"
        yield from _above(f"{what} ({where})", row.get("worst"), row.get("allowed"))


def _above(what: str, value: object, most: object) -> Iterator[str]:
    if not _is_number(value) or not _is_number(most):
        yield f"{what}: no number"
    elif not value <= most:
        yield f"{what}: {value:.3g} is above {most:.3g}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
