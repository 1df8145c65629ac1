"""What does one run do, from the trigger to a promotion? Each step is a line in the ledger before the next begins.

A run that is killed leaves its lease, which nobody keeps, and a ledger that the next run goes on from.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.retraining._challengers import standing_of
from bayesian_verifier.retraining._deciding import (
    Store,
    ask_for_training,
    ended_fields,
    read_operations,
    settle,
)
from bayesian_verifier.retraining._hands import Hands, Order, Pair, Trained
from bayesian_verifier.retraining._lease_file import Asker
from bayesian_verifier.retraining._leased_run import LeaseEndedError, leased
from bayesian_verifier.retraining._planning import plan
from bayesian_verifier.retraining._slot import machine_load, slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining._due import Step
    from bayesian_verifier.retraining._knowing import Champion, Seen
    from bayesian_verifier.retraining._lease_file import LeaseFile
    from bayesian_verifier.retraining._leased_run import Machine
    from bayesian_verifier.retraining._planning import Plan
    from bayesian_verifier.retraining._settings import RetrainingSettings, SlotSettings
    from bayesian_verifier.retraining._slot import Load, Slot

OWNER = "retraining"


@dataclass(frozen=True)
class Night:
    """All that a run works with.

    seen: reads the journal.   champion: the version that answers, with its age; None where none does.
    wall: seconds since 1970.   by: who started it, for the ledger.   any_time: run outside the slot too.
    tell: hears what is being done.
    """

    ledger: Journal
    store: Store
    seen: Callable[[], Seen]
    champion: Callable[[], Champion | None]
    leases: LeaseFile
    settings: RetrainingSettings
    hands: Hands
    by: str
    forced: bool = False
    any_time: bool = False
    wall: Callable[[], float] = time.time
    load: Callable[[], Load] = machine_load
    tell: Callable[[str], None] = field(default=lambda _: None)


class Outcome(NamedTuple):
    """What a run came to.

    code: of the plan where nothing was done, of the slot where it is closed; else "promoted", "asked", "hold",
    "rejected", "superseded" (somebody changed the champion meanwhile) or "unchanged" (nothing new came out).
    """

    code: str
    said: str


def run(night: Night) -> Outcome:
    """Do what is to be done now, if it may be.

    Raises LeaseBusyError where somebody else has the machine, LeaseEndedError where it had to be given back, and what
    the store, the journal and a comparison raise; what was done until then is in the ledger.
    """
    _settled(night)
    found = planned(night)
    if found.do == "ask" and (champion := night.champion()):
        request = ask_for_training(night.ledger, champion.version, night.settings.promotion, now=night.wall())
        return Outcome("asked", f"a training waits for an answer to {request}")
    if found.do == "nothing":
        return Outcome(found.code, found.said)
    hour = slot_now(night)
    if not (hour.is_open or night.any_time):
        return Outcome(hour.code, hour.said)
    with leased(night.leases, asker_of(night.settings)) as machine:
        # another run may have been first
        _settled(night)
        found = planned(night)
        if found.do in {"nothing", "ask"}:
            return Outcome(found.code, found.said)
        night.tell(f"{found.do}: {found.said}")
        version = found.challenger.version if found.challenger else _trained(night, found, machine)
        if version is None:
            return Outcome("unchanged", "nothing new came out")
        _weighed(night, version, machine)
    _settled(night)
    return _outcome(night, version)


def planned(night: Night) -> Plan:
    """What is to be done now. Raises ArtifactError where no version answers."""
    champion = night.champion()
    if champion is None:
        raise ArtifactError("no version of the model is current, so there is none to be better than")
    return plan(
        read_operations(night.ledger),
        night.seen(),
        champion,
        night.wall(),
        night.settings.trigger,
        forced=night.forced,
    )


def slot_now(night: Night) -> Slot:
    """Whether the hour and the machine are quiet."""
    return slot_at(night.wall(), night.load(), night.settings.slot)


def slot_at(now: float, load: Load, settings: SlotSettings) -> Slot:
    """Whether it is open at a moment, in seconds since 1970, by this machine's time zone."""
    return slot(datetime.fromtimestamp(now, UTC).astimezone().time(), load, settings)


def asker_of(settings: RetrainingSettings) -> Asker:
    """As whom a run asks for the machine."""
    return Asker(OWNER, "training a challenger", settings.lease.priority, settings.lease.max_hours * 3600.0)


def dead_runs(night: Night) -> tuple[str, ...]:
    """Runs without an end whose lease nobody keeps. Whoever reads the ledger again under its lock is sure of it."""
    begun = [one.started.run for one in read_operations(night.ledger).trainings if one.ended is None]
    holder = night.leases.holder()
    return tuple(run for run in begun if holder is None or holder.id != run)


def _settled(night: Night) -> tuple[Step, ...]:
    steps = settle(
        night.ledger,
        night.store,
        promotion=night.settings.promotion,
        dead=dead_runs(night),
        now=night.wall(),
    )
    for step in steps:
        night.tell(f"{step.do} {step.of}: {step.said}")
    return steps


def _trained(night: Night, found: Plan, machine: Machine) -> str | None:
    """Train under the lease whose id is the run's; the challenger, if one came out."""
    champion = night.champion()
    if champion is None:
        raise ArtifactError("no version of the model is current any more")
    order = Order(machine.lease.id, champion.version, _seed(machine.lease.id))
    night.ledger.append(
        "training_started",
        {
            "run": order.run,
            "reason": found.code,
            "said": found.said,
            "champion": order.champion,
            "seed": order.seed,
            "by": night.by,
        },
    )
    began = night.wall()
    outcome, trained = "stopped", Trained(None)
    error: str | None = "interrupted"
    try:
        trained = night.hands.train(order, machine)
        outcome, error = ("challenger" if trained.challenger else "unchanged"), None
    except LeaseEndedError as exc:
        error = str(exc)
        raise
    except Exception as exc:
        outcome, error = "failed", str(exc) or type(exc).__name__
        raise
    finally:
        fields = ended_fields(
            order.run,
            outcome,
            challenger=trained.challenger,
            error=error,
            prior=trained.prior,
            seconds=max(0.0, night.wall() - began),
        )
        night.ledger.append("training_ended", fields)
    return trained.challenger


def _weighed(night: Night, version: str, machine: Machine) -> None:
    done = read_operations(night.ledger)
    of = standing_of(done, version)
    training = None if of is None else done.training(of.run)
    if of is None or training is None or training.ended is None:
        raise LeaseEndedError("this run was taken for dead and ended by another: its lease had lapsed")
    pair = Pair(of.champion, version, done.numbered(version), training.ended.ts)
    weighed = night.hands.weigh(pair, machine)
    night.tell(f"gate: {weighed.verdict}, {'; '.join(weighed.reasons) or 'no reason given'}")
    night.ledger.append(
        "gate",
        {
            "run": of.run,
            "challenger": pair.challenger,
            "champion": pair.champion,
            "number": pair.number,
            "verdict": weighed.verdict,
            "reasons": list(weighed.reasons),
            "evidence": dict(weighed.evidence),
        },
    )


def _outcome(night: Night, version: str) -> Outcome:
    of = standing_of(read_operations(night.ledger), version)
    if of is None or of.gate is None:
        return Outcome("superseded", f"{version} has no verdict")
    reasons = "; ".join(of.gate.reasons)
    match of.standing:
        case "promoted":
            return Outcome("promoted", f"{version} answers now: {reasons}")
        case "asked" if of.asked:
            return Outcome("asked", f"{version} waits for an answer to {of.asked.line.id}: {reasons}")
        case "hold" | "rejected" as standing:
            return Outcome(standing, f"{version}: {reasons}")
    return Outcome(
        "superseded", f"{version}: {of.champion}, whom it was compared with, does not answer any more"
    )


def _seed(run: str) -> int:
    """Of a run: another run has another one, and the ledger has both."""
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:4], "big") >> 1
