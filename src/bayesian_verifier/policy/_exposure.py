"""Who was exposed to which arm, and what came of it? From the journal alone.

A person counts once, by their first days in the experiment: what they answered later would tell their arm again, which
is known by then. They count in the order in which they came, which no arm can change, and whether or not they answered.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import FeedbackLine, JudgmentLine, PolicyLine, seconds_since_epoch
from bayesian_verifier.policy._sequence import Sequence, Unit, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bayesian_verifier.journal import Line

Measure = Literal["approval", "reward"]

_DAY = 86_400.0
_REWARD_SPAN = 3.0


@dataclass
class _Judged:
    """A judgment of somebody in the experiment.

    said: the answer that holds, with its place in the order of lines.   answers: all, each with its time.
    """

    at: float
    by_controller: bool
    said: tuple[tuple[str, str, int], str | None, float | None] | None = None
    answers: list[tuple[float, str | None, float | None]] = field(default_factory=list)


@dataclass
class _Person:
    arm: str
    judged: dict[str, _Judged] = field(default_factory=dict)


class Arm(NamedTuple):
    """What an arm has seen so far, all days.

    judgments: proposed.   answered: of those.   approved: of those that were approved or rejected, the share.
    reward: mean of those that have one.   asks: decisions at which the policy would rather have asked.
    """

    people: int
    judgments: int
    answered: int
    approved: float | None
    reward: float | None
    asks: int
    by_controller: int


class Day(NamedTuple):
    """What was known at the end of a day of the experiment. at: seconds since 1970."""

    at: float
    verdict: Verdict


class Found(NamedTuple):
    """Of one experiment. share: of people who get the policy.   path: by day, the last one of now."""

    name: str
    share: float
    arms: dict[str, Arm]
    path: list[Day]


class Exposures:
    """Hears a journal's events, in any order of lines."""

    def __init__(self) -> None:
        self._people: dict[str, dict[str, _Person]] = defaultdict(dict)
        self._shares: dict[str, set[float]] = defaultdict(set)
        self._where: dict[str, _Judged] = {}
        self._later: dict[str, list[FeedbackLine]] = defaultdict(list)
        self._asked: set[str] = set()
        self._last = 0.0

    def hear(self, events: Iterable[Line]) -> None:
        """Take in some more."""
        for line in events:
            self._last = max(self._last, seconds_since_epoch(line.ts))
            if isinstance(line, JudgmentLine):
                self._judged(line)
            elif isinstance(line, FeedbackLine):
                if line.judgment in self._where:
                    _answer(self._where[line.judgment], line)
                else:
                    self._later[line.judgment].append(line)
            elif isinstance(line, PolicyLine) and line.ask:
                self._asked.add(line.judgment)

    @property
    def names(self) -> list[str]:
        """Of all experiments there are."""
        return sorted(self._people)

    def _judged(self, line: JudgmentLine) -> None:
        test = line.experiment
        if test is None or line.subject is None:
            return
        person = self._people[test.name].setdefault(line.subject, _Person(test.arm))
        self._shares[test.name].add(test.share)
        if person.arm != test.arm:
            raise CallerError(
                f"experiment {test.name!r} has somebody in both arms: whatever changes who is in which needs "
                "another name"
            )
        one = _Judged(seconds_since_epoch(line.ts), line.source == "controller")
        person.judged[line.id] = self._where[line.id] = one
        for answer in self._later.pop(line.id, ()):
            _answer(one, answer)

    def found(
        self, name: str, *, days: float, measure: Measure, alpha: float, now: float | None = None
    ) -> Found:
        """Of an experiment. days: for which a person counts.   now: seconds since 1970, else the newest line's.

        Raises CallerError where there is no such experiment, or it was changed on the way.
        """
        if name not in self._people:
            known = ", ".join(map(repr, self.names)) or "none"
            raise CallerError(f"no experiment {name!r} in this journal; there are: {known}")
        shares = self._shares[name]
        if len(shares) > 1:
            raise CallerError(
                f"experiment {name!r} has several shares, {sorted(shares)}: no test holds for it"
            )
        (share,) = shares
        people = self._people[name]
        until = self._last if now is None else now
        path = list(_path(people, share, days=days, measure=measure, alpha=alpha, until=until))
        arms = {
            arm: self._arm([one for one in people.values() if one.arm == arm]) for arm in ("policy", "rule")
        }
        return Found(name, share, arms, path)

    def _arm(self, people: list[_Person]) -> Arm:
        judged = {key: one for person in people for key, one in person.judged.items()}
        said = [one.said for one in judged.values() if one.said is not None]
        approvals = [feedback == "approve" for _, feedback, _ in said if feedback is not None]
        rewards = [reward for _, _, reward in said if reward is not None]
        return Arm(
            len(people),
            len(judged),
            len(said),
            sum(approvals) / len(approvals) if approvals else None,
            sum(rewards) / len(rewards) if rewards else None,
            len(self._asked & judged.keys()),
            sum(one.by_controller for one in judged.values()),
        )


def _answer(one: _Judged, line: FeedbackLine) -> None:
    """Of a judgment: the latest by time, writer and number holds."""
    one.answers.append((seconds_since_epoch(line.ts), line.feedback, line.reward))
    if one.said is None or line.order > one.said[0]:
        one.said = (line.order, line.feedback, line.reward)


def _path(
    people: dict[str, _Person], share: float, *, days: float, measure: Measure, alpha: float, until: float
) -> Iterator[Day]:
    """The verdict at the end of each day on which somebody's days were over, and now."""
    came = sorted(
        (min(one.at for one in person.judged.values()), subject) for subject, person in people.items()
    )
    test = Sequence(share, alpha=alpha)
    due = [(at + days * _DAY, subject) for at, subject in came if at + days * _DAY <= until]
    for day, here in groupby(due, key=lambda one: one[0] // _DAY):
        units = [_unit(people[subject], days, measure) for _, subject in here]
        yield Day(min((day + 1) * _DAY, until), test.hear(units))
    yield Day(until, test.hear(()))


def _unit(person: _Person, days: float, measure: Measure) -> Unit:
    """What came of a person in their first days; half-way between the two where they said nothing."""
    until = min(one.at for one in person.judged.values()) + days * _DAY
    values = []
    for one in person.judged.values():
        said = [answer for answer in one.answers if answer[0] <= until]
        if one.at > until or not said:
            continue
        _, feedback, reward = max(said, key=lambda answer: answer[0])
        if measure == "approval" and feedback is not None:
            values.append(float(feedback == "approve"))
        elif measure == "reward" and reward is not None:
            values.append((reward + _REWARD_SPAN) / (2.0 * _REWARD_SPAN))
    return Unit(person.arm == "policy", sum(values) / len(values) if values else 0.5)
