"""Should a candidate take the place of the model that answers?

One that is not there, or that the layer could not act on, is rejected, and so is one that foresees people's next
answers worse. One that is there is promoted where it foresees them better, or where it chooses the same and nothing
speaks against it. Everything else holds. Bounds and evidence keep their promise however often one looks, as long as
calls are one like the other: each of the four misjudges a share alpha of candidates at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from bayesian_verifier.retraining._gate import Judged
from bayesian_verifier.retraining._share_bounds import share_bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.retraining._shadow_report import ShadowReport

Share = Annotated[float, Field(gt=0, lt=1)]


class ShadowSettings(BaseModel):
    """All of `configs/shadow.toml`; see the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: Share
    answered: Share
    usable: Share
    same_choice: Share
    answers: Annotated[int, Field(ge=1)]


def judged(report: ShadowReport, settings: ShadowSettings) -> Judged:
    """What becomes of the candidate, and why, in words that name both numbers."""
    against = tuple(_against(report, settings))
    if against:
        return Judged("REJECT", against)
    missing = tuple(_missing(report, settings))
    if missing:
        return Judged("HOLD", missing)
    return Judged("PROMOTE", tuple(_for(report, settings)))


class _Asked(NamedTuple):
    """A share that is asked for, and between which bounds it is."""

    what: str
    met: int
    of: int
    least: float


def _asked(report: ShadowReport, settings: ShadowSettings) -> tuple[_Asked, _Asked]:
    of, usable = report.usable
    return (
        _Asked("calls that it answered", report.candidate.answered, report.calls, settings.answered),
        _Asked("of its answers usable where the served one was", usable, of, settings.usable),
    )


def _against(report: ShadowReport, settings: ShadowSettings) -> Iterator[str]:
    for asked in _asked(report, settings):
        high = share_bounds(asked.met, asked.of, alpha=settings.alpha).high
        if high < asked.least:
            yield f"{_counted(asked)}: at most {high:.3f}, at least {asked.least:g} is asked"
    found = report.next_answers["against"]
    if found is None:
        yield "a prediction of people's next answers is no number"
    elif found >= 1.0 / settings.alpha:
        yield f"the served model foresees people better: {_foreseen(report, settings, found)}"


def _missing(report: ShadowReport, settings: ShadowSettings) -> Iterator[str]:
    for asked in _asked(report, settings):
        low = share_bounds(asked.met, asked.of, alpha=settings.alpha).low
        if low < asked.least:
            yield f"{_counted(asked)}: {low:.3f} is certain, {asked.least:g} is asked"
    if report.next_answers["evidence"] >= 1.0 / settings.alpha:
        return
    same = _same(report, settings)
    low = share_bounds(same.met, same.of, alpha=settings.alpha).low
    answers = report.next_answers["answers"]
    if low < same.least or answers < settings.answers:
        yield (
            f"neither better foreseen ({_foreseen(report, settings, report.next_answers['evidence'])}) nor known to "
            f"choose the same ({_counted(same)}: {low:.3f} is certain, {same.least:g} is asked; {answers} of "
            f"{settings.answers} answers)"
        )


def _for(report: ShadowReport, settings: ShadowSettings) -> Iterator[str]:
    for asked in _asked(report, settings):
        low = share_bounds(asked.met, asked.of, alpha=settings.alpha).low
        yield f"{_counted(asked)}: at least {low:.3f}"
    found = report.next_answers["evidence"]
    if found >= 1.0 / settings.alpha:
        yield f"it foresees people better: {_foreseen(report, settings, found)}"
        return
    same = _same(report, settings)
    yield (
        f"{_counted(same)}: at least {share_bounds(same.met, same.of, alpha=settings.alpha).low:.3f}; "
        f"nothing speaks against it: {_foreseen(report, settings, report.next_answers['against'])}"
    )


def _same(report: ShadowReport, settings: ShadowSettings) -> _Asked:
    return _Asked("choices the same", report.choices.same, report.choices.compared, settings.same_choice)


def _counted(asked: _Asked) -> str:
    return f"{asked.met} of {asked.of} {asked.what}"


def _foreseen(report: ShadowReport, settings: ShadowSettings, found: float) -> str:
    told = report.next_answers
    return (
        f"{told['answers']} answers, {told['mean_gain']:+.4f} nats each, evidence {found:.3g}, "
        f"needed {1 / settings.alpha:.3g}"
    )
