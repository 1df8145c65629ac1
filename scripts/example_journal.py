"""What do two months of a Judgment Layer look like? A journal, a ledger and a model store of simulated people.

Forty people answer a few times a day; six of them change. On the way the service is away for some hours, one
challenger is promoted and one is held back, and at the end another waits for a person's approval. The windows and the
alarms are made by the package's own watcher, beliefs are exact: see example_people.py. The same seed and
end give the same people and answers.

    python scripts/example_journal.py DIRECTORY [--days 60] [--seed 7] [--ends 2026-11-24T18:00]
"""

from __future__ import annotations

import argparse
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from example_operations import Operations, versions, write_models
from example_people import Person, answer, case, infer, people, preferred

from bayesian_verifier.drift import DriftSettings, Inferred, Watcher
from bayesian_verifier.journal import Journal, News
from bayesian_verifier.judgment import Case, Judgment
from bayesian_verifier.policy import ABTest, Policy, PolicyChooser, Scored, Surroundings, trace_of
from bayesian_verifier.posterior import Belief

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
DAY = 86_400_000_000_000  # nanoseconds
MAX_SD = 0.6  # a wider belief is not used: the layer's default
# shares of judgments: answered at all, shadowed by the controller, too slow; of those in the outage: really tried
ANSWERED, SHADOWED, TOO_SLOW, TRIED = 0.93, 0.03, 0.002, 0.12
OTHERWISE, NEUTRAL = (
    1.4,
    0.15,
)  # sd apart at which the controller would choose otherwise; r that is called neutral
OUTAGE = (0.62, 0.27)  # from this share of the days on, for so many days
TEST, TEST_FROM = ABTest("policy-1", share=0.4), 0.4  # of people; from this share of the days on


class Moment(NamedTuple):
    """When somebody is asked."""

    day: float
    person: Person


class Example:
    """Writes it all, day by day, with a clock of its own."""

    def __init__(self, directory: Path, *, days: float, seed: int, ends: datetime) -> None:
        self.rng, self.costs = np.random.default_rng(seed), np.random.default_rng((seed, 1))
        self.chooser = PolicyChooser(Policy.shipped())
        began = (ends - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.days = days = (ends - began).total_seconds() / 86_400
        self.now = self.start = int(began.timestamp()) * 1_000_000_000
        self.people = people(self.rng, days)
        by_name = {one.name: one for one in self.people}
        place = directory / "judgments.jsonl"
        self.journal = Journal(place, writer="layer", fsync="never", clock=lambda: self.now)
        self.ledger = Journal(
            directory / "ledger.jsonl", writer="watch", fsync="never", clock=lambda: self.now
        )
        self.by_name = by_name
        self.versions = versions(self.start, days)
        write_models(directory / "models", self.versions)
        self.operations = Operations(self.ledger, self.versions, days, lambda: self.now)
        settings = DriftSettings.model_validate(tomllib.loads((CONFIGS / "drift.toml").read_text()))
        self.watcher = Watcher(News(place).read, self.journal, self.ledger, self._inferred, settings)

    def write(self) -> None:
        """All of it."""
        watched = 0
        for day, person in self._moments():
            self._at(day)
            for at in self.operations.due(day):
                self._at(at)
                self.operations.act(at)
            self._at(day)
            self._judge(day, person)
            if int(day * 12) > watched:
                watched = int(day * 12)
                self._watch(day)
        self._at(self.days)
        self._watch(self.days)
        for at in self.operations.due(self.days):
            self._at(at)
            self.operations.act(at)
        self.journal.close()
        self.ledger.close()

    def _at(self, day: float) -> None:
        self.now = self.start + int(day * DAY)

    def _moments(self) -> list[Moment]:
        """Everybody's, in order; nobody is asked at night."""
        found = []
        for person in self.people:
            joined = float(self.rng.uniform(0, 0.15)) * self.days
            count = self.rng.poisson(person.a_day * (self.days - joined))
            whole = np.floor(self.rng.uniform(joined, self.days, count))
            hours = np.clip(self.rng.normal(14.0, 3.2, count), 7.0, 22.5)
            found += [Moment(float(day), person) for day in whole + hours / 24 if joined < day < self.days]
        return sorted(found, key=lambda one: one.day)

    def _judge(self, day: float, person: Person) -> None:
        known = person.belief()
        belief, source, reason, elapsed = self._assessed(day, known)
        options = case(self.rng, belief.mean)
        chosen = preferred(options, belief.mean)
        more: dict[str, object] = {}
        around, scored = self._by_policy(day, person, options, belief)
        if day >= TEST_FROM * self.days:
            more = {"experiment": {"name": TEST.name, "arm": TEST.arm(person.name), "share": TEST.share}}
        if scored is not None and scored.choice is not None:
            chosen, more["policy"] = scored.choice, scored.policy
        version = self.operations.current if reason not in {"unreachable", "circuit_open"} else None
        made = self.journal.append_judgment(
            subject=person.name,
            case=Case.model_validate(options),
            chosen=chosen,
            verdict="proved",
            posterior=belief,
            source=source,
            reason=reason,
            model_version=version,
            meta_comment=_comment(belief, source, reason),
            more={
                "elapsed_ms": round(elapsed, 3),
                "breaker": "open" if reason == "circuit_open" else "closed",
                **more,
            },
        )
        if scored is not None:
            told = {"judgment": made, "subject": person.name, "belief": belief, "source": source}
            self.journal.append("policy", trace_of(scored, surroundings=around, **told))
        proposal = Judgment.model_validate({**options, "chosen": chosen, "id": made, "subject": person.name})
        if self.rng.random() < ANSWERED:
            said = answer(self.rng, proposal, person, day)
            self.now += int(self.rng.uniform(4e9, 9e10))
            self.journal.append("feedback", {"judgment": made, "feedback": said, "reward": None})
            person.answered(day, proposal.model_copy(update={"feedback": said}))
        if source == "verifier" and self.rng.random() < SHADOWED:
            self._shadow(made, person.name, belief)

    def _by_policy(
        self, day: float, person: Person, options: dict[str, object], belief: Belief
    ) -> tuple[Surroundings, Scored | None]:
        """What a policy makes of it, where the person is in its arm."""
        if day < TEST_FROM * self.days or TEST.arm(person.name) != "policy":
            return Surroundings(), None
        costs = self.costs.uniform(0, 1, (2, 2)).round(2).tolist()
        around = Surroundings.model_validate(
            {
                "options": [{"latency": latency, "energy": energy} for latency, energy in costs],
                "stake": float(self.costs.choice([0.5, 3.0], p=[0.8, 0.2])),
                "questions": [case(self.costs, near) for near in (-0.3, 0.5, 1.3)],
            }
        )
        return around, self.chooser.score(Case.model_validate(options), belief, around)

    def _assessed(self, day: float, known: Inferred) -> tuple[Belief, str, str | None, float]:
        began = OUTAGE[0] * self.days
        if began <= day < began + OUTAGE[1]:
            wider = Belief(known.belief.mean, round(1.35 * known.belief.sd, 4))
            reason = "unreachable" if self.rng.random() < TRIED else "circuit_open"
            return wider, "controller", reason, float(self.rng.uniform(0.08, 0.5))
        elapsed = float(np.exp(self.rng.normal(0.35, 0.28)))
        if self.rng.random() < TOO_SLOW:
            return Belief(known.belief.mean, round(1.2 * known.belief.sd, 4)), "controller", "timeout", 50.4
        if not known.informative:
            return Belief(0.5, 1.0), "controller", "no_evidence", elapsed
        if known.belief.sd > MAX_SD:
            return Belief(known.belief.mean, known.belief.sd), "controller", "wide_posterior", elapsed
        return known.belief, "verifier", None, elapsed

    def _shadow(self, judgment: str, subject: str, belief: Belief) -> None:
        difference = float(self.rng.normal(0.1, 0.75))
        told = {"mean": belief.mean, "sd": belief.sd, "model_version": self.operations.current}
        fields = {
            "judgment": judgment,
            "subject": subject,
            "verifier": told,
            "difference": round(difference, 4),
        }
        self.journal.append("shadow", {**fields, "other_choice": bool(abs(difference) > OTHERWISE)})

    def _inferred(self, judgments: object) -> Inferred:
        return infer(judgments)._replace(model_version=self.operations.current)  # type: ignore[arg-type]

    def _watch(self, day: float) -> None:
        """Windows and alarms of what was answered; who has changed begins anew."""
        for heard in self.watcher.catch_up():
            if not heard.alarm:
                continue
            self.operations.alarms.append(day)
            person = self.by_name[heard.window.subject]
            began = datetime.fromisoformat(heard.change_began).timestamp() * 1e9
            person.since = (began - self.start) / DAY
            fields = {"subject": person.name, "from": heard.change_began, "window": heard.window.id}
            self.journal.append("epoch", {**fields, "reason": "drift", "by": "drift watch"})


def _comment(belief: Belief, source: str, reason: str | None) -> str:
    """What a judgment is told with."""
    word = "averse to" if belief.mean > NEUTRAL else "fond of" if belief.mean < -NEUTRAL else "neutral to"
    said = f"Likely {word} risk: {belief.mean:.2f} ± {belief.sd:.2f}."
    return said if source == "verifier" else f"{said} By the controller: {reason}."


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--days", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ends", type=datetime.fromisoformat, default=datetime.now(UTC), help="default: now")
    asked = parser.parse_args()
    asked.directory.mkdir(parents=True, exist_ok=True)
    if (asked.directory / "judgments.jsonl").exists():
        parser.error(f"{asked.directory} holds a journal already")
    ends = asked.ends if asked.ends.tzinfo else asked.ends.replace(tzinfo=UTC)
    Example(asked.directory, days=asked.days, seed=asked.seed, ends=ends).write()


if __name__ == "__main__":
    main()
