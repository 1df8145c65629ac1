"""Who trains a challenger and compares it with the champion? Programs, started on the machine while it is leased.

Each prints a line of JSON at last: of a training {"version": or null, "prior": {"mean", "sd"} or null}; of a comparison
{"verdict", "reasons"} and its evidence. This is the one place where retraining meets training.
"""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.retraining import Trained, Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bayesian_verifier.retraining import Machine, Order, Pair

PROGRAM = (sys.executable, "-c", "from bayesian_verifier.cli import main; main()")
_TELLING = 400  # characters of what a program said that go into an error


class Places(NamedTuple):
    """What programs are told of: the journal, the model store, the model's name in it, a directory to work in."""

    journal: Path
    store: Path
    name: str
    work: Path

    @property
    def options(self) -> tuple[str, ...]:
        """As programs of people's own are given them."""
        return ("--journal", str(self.journal), "--store", str(self.store), "--name", self.name)


class Programs:
    """Ours, `bayesian-verifier train --from-journal` and `evaluate --against`, or people's own in their place.

    train_with, judge_with: the beginning of a command line; what is asked is put behind it.
    small: ours on a small budget.   gate: a file whose [gate] ours judges by, instead of the shipped one.
    """

    def __init__(
        self,
        places: Places,
        *,
        train_with: str | None = None,
        judge_with: str | None = None,
        small: bool = False,
        gate: str | None = None,
    ) -> None:
        self._places = places
        self._train_with = shlex.split(train_with or "")
        self._judge_with = shlex.split(judge_with or "")
        self._small = small
        self._gate = gate

    def train(self, order: Order, machine: Machine) -> Trained:
        """The cases people meet and the prior of their windows, published beside the champion."""
        there = self._places
        if self._train_with:
            said = ("--run", order.run, "--champion", order.champion, "--seed", str(order.seed))
            return trained_of(_line([*self._train_with, *said, *there.options], machine))
        asked = ("train", "--from-journal", str(there.journal), "--prior-from-windows", "--json")
        where = ("--into", str(there.store), "--work", str(there.work), "--seed", str(order.seed))
        return trained_of(_line([*PROGRAM, *asked, *where, *(["--small"] if self._small else [])], machine))

    def weigh(self, pair: Pair, machine: Machine) -> Weighed:
        """On a sealed set, on calibration, and on what people answered since the challenger was trained."""
        there = self._places
        if self._judge_with:
            asked = ("--champion", pair.champion, "--challenger", pair.challenger)
            more = ("--number", str(pair.number), "--trained", pair.trained)
            return weighed_of(_line([*self._judge_with, *asked, *more, *there.options], machine))
        where = ("--model-store", str(there.store), "--name", there.name, "--journal", str(there.journal))
        whom = (pair.challenger, "--against", pair.champion, "--number", str(pair.number))
        bound = ("--gate", self._gate) if self._gate else ()
        small = ("--sets", "60", "--calibration-sets", "256") if self._small else ()
        return weighed_of(_line([*PROGRAM, "evaluate", *whom, *where, *bound, *small, "--json"], machine))


def trained_of(line: dict[str, Any]) -> Trained:
    """What a training said of itself."""
    prior = line.get("prior")
    known = isinstance(prior, dict) and {"mean", "sd"} <= prior.keys()
    stated = {"mean": float(prior["mean"]), "sd": float(prior["sd"])} if prior and known else None
    version = line.get("version")
    return Trained(None if version is None or line.get("outcome") == "unchanged" else str(version), stated)


def weighed_of(line: dict[str, Any]) -> Weighed:
    """What a comparison said. Raises OperatorError for one without a verdict."""
    verdict, reasons = line.get("verdict"), line.get("reasons", [])
    if verdict not in {"PROMOTE", "HOLD", "REJECT"}:
        raise OperatorError(f"a comparison ended without a verdict: {json.dumps(line)[:_TELLING]}")
    evidence = {name: value for name, value in line.items() if name not in {"verdict", "reasons"}}
    return Weighed(verdict, tuple(map(str, reasons)), evidence)


def _line(command: Sequence[str], machine: Machine) -> dict[str, Any]:
    """The last line of a program's output. Raises OperatorError where it failed, or ended in something else."""
    finished = machine.run(command)
    said = finished.output.strip().splitlines()
    last = said[-1] if said else ""
    try:
        found = json.loads(last)
    except ValueError:
        found = None
    words = shlex.join(command[len(PROGRAM) if tuple(command[: len(PROGRAM)]) == PROGRAM else 0 :][:3])
    if finished.code:
        misses = found.get("misses") if isinstance(found, dict) else None
        why = "; ".join(map(str, misses)) if misses else last[:_TELLING] or "see what it said"
        raise OperatorError(f"{words} ended with exit code {finished.code}: {why}")
    if not isinstance(found, dict):
        raise OperatorError(f"{words} ended in {last[:_TELLING]!r}, expected a line of JSON")
    return found
