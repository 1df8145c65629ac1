"""What has been done so far? The ledger's lines, put together into trainings, comparisons, questions and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.journal import (
    AlarmLine,
    ApprovalAskedLine,
    ApprovedLine,
    ExpiredLine,
    GateLine,
    PromotionLine,
    RejectedLine,
    RollbackLine,
    TrainingEndedLine,
    TrainingStartedLine,
    ledger_lines,
    seconds_since_epoch,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line

Decided = ApprovedLine | RejectedLine | ExpiredLine
Change = PromotionLine | RollbackLine


class Training(NamedTuple):
    """One training; ended is None while it runs, or where its end was never written."""

    started: TrainingStartedLine
    ended: TrainingEndedLine | None = None

    @property
    def came_to_something(self) -> bool:
        """Whether it is done with: one that failed or was stopped answers nothing."""
        return self.ended is not None and self.ended.outcome in {"challenger", "unchanged"}


class Asked(NamedTuple):
    """One question to people, and what came of it: the first decision counts."""

    line: ApprovalAskedLine
    decided: Decided | None = None

    @property
    def state(self) -> Literal["open", "approved", "rejected", "expired"]:
        """Where it stands."""
        match self.decided:
            case None:
                return "open"
            case ApprovedLine():
                return "approved"
            case RejectedLine():
                return "rejected"
        return "expired"

    @property
    def is_granted(self) -> bool:
        """Whether the answer is yes, be it by default."""
        return self.state == "approved" or (self.state == "expired" and self.line.default == "approve")

    @property
    def expires(self) -> float:
        """Seconds since 1970."""
        return seconds_since_epoch(self.line.expires)


class Operations(NamedTuple):
    """All of it, each in the order of the ledger."""

    alarms: tuple[AlarmLine, ...]
    trainings: tuple[Training, ...]
    gates: tuple[GateLine, ...]
    asked: tuple[Asked, ...]
    changes: tuple[Change, ...]

    def training(self, run: str) -> Training | None:
        """The training of a run."""
        return next((one for one in self.trainings if one.started.run == run), None)

    def numbered(self, challenger: str) -> int:
        """k: the number of this challenger, which it keeps, or the next free one."""
        found = {one.challenger: one.number for one in self.gates}
        return found.get(challenger, 1 + max(found.values(), default=0))


def operations(events: Iterable[Line]) -> Operations:
    """What the ledger's events say. Ends and decisions without their beginning are passed over, later ones too."""
    lines = tuple(ledger_lines(events))
    return Operations(
        tuple(one for one in lines if isinstance(one, AlarmLine)),
        _trainings(lines),
        tuple(one for one in lines if isinstance(one, GateLine)),
        _asked(lines),
        tuple(one for one in lines if isinstance(one, PromotionLine | RollbackLine)),
    )


def _trainings(lines: Iterable[Line]) -> tuple[Training, ...]:
    found: dict[str, Training] = {}
    for one in lines:
        if isinstance(one, TrainingStartedLine):
            found.setdefault(one.run, Training(one))
        elif isinstance(one, TrainingEndedLine) and (begun := found.get(one.run)) and begun.ended is None:
            found[one.run] = Training(begun.started, one)
    return tuple(found.values())


def _asked(lines: Iterable[Line]) -> tuple[Asked, ...]:
    found: dict[str, Asked] = {}
    for one in lines:
        if isinstance(one, ApprovalAskedLine):
            found.setdefault(one.id, Asked(one))
        elif isinstance(one, Decided) and (asked := found.get(one.request)) and asked.decided is None:
            found[one.request] = Asked(asked.line, one)
    return tuple(found.values())
