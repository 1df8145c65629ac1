"""Which plans are there, and what did each pay whenever it was carried out?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import normalised_utility
from bayesian_verifier.simulators.executor._runner import PLANS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from bayesian_verifier.simulators.executor._runs import Run

Float = NDArray[np.float64]
#: with fewer plans nothing is to be chosen, with fewer runs nothing is known of one
LEAST_PLANS, LEAST_RUNS = 2, 24
#: deadlines, and what a job is worth, in yardsticks at a price of 1; prices of a yardstick on spot
_DEADLINES, _VALUES, _SPOT_PRICES = (1.1, 2.4), (0.8, 6.0), (0.15, 0.5)
#: mean and sd of the risk aversion of those to whom a reserved worker is worth its price
_INDIFFERENT = (0.5, 1.2)
_SPARE = 0.1
_HALVINGS = 30


@dataclass(frozen=True)
class Situation:
    """Plans for the same end.  payoffs [plans, runs]: what each run paid, in any currency, gains positive."""

    name: str
    plans: tuple[str, ...]
    payoffs: Float

    def __post_init__(self) -> None:
        """Raises CallerError where nothing can be learned of it."""
        plans, runs = self.payoffs.shape if self.payoffs.ndim == 2 else (0, 0)  # noqa: PLR2004 - plans and runs
        if plans != len(self.plans) or plans < LEAST_PLANS or runs < LEAST_RUNS:
            raise CallerError(
                f"situation {self.name!r}: expected {LEAST_PLANS} plans or more with {LEAST_RUNS} runs each or more, "
                f"got {len(self.plans)} with payoffs {self.payoffs.shape}"
            )
        if not np.isfinite(self.payoffs).all() or np.ptp(self.payoffs) == 0:
            raise CallerError(f"situation {self.name!r}: payoffs must be finite, and not all the same")


class Executor(Protocol):
    """Whoever carries out plans: an environment, a process, people."""

    name: str
    plans: tuple[str, ...]

    def carry_out(self, plan: str, seed: int) -> float:
        """Carry out a plan once; what it paid."""
        ...


def worth_of(payoffs: Float, risk_aversion: Float) -> Float:
    """Mean CRRA utility [plans, K] of payoffs [plans, runs], 0 for the worst of all and 1 for the best, to somebody who
    can bear the worst and has a tenth of how far payoffs reach to spare.
    """
    wealth = payoffs - payoffs.min() + _SPARE * np.ptp(payoffs)
    below_top = np.log(wealth / wealth.max())[..., None]
    span = -float(below_top.min())
    worth: Float = normalised_utility(below_top, below_top + span, span, risk_aversion).mean(axis=1)
    return worth


def recorded(
    executor: Executor, runs: int, seed: int, tick: Callable[[str, int, int], None] = lambda *_: None
) -> Situation:
    """Carry out every plan so many times, in turn."""
    payoffs = np.empty((len(executor.plans), runs))
    for number in range(runs):
        for i, plan in enumerate(executor.plans):
            payoffs[i, number] = executor.carry_out(plan, seed + number)
        tick(executor.name, number + 1, runs)
    return Situation(executor.name, tuple(executor.plans), payoffs)


def write_situations(file: Path, situations: Iterable[Situation]) -> None:
    """As JSON, one situation a line: `{"situation", "plans": {name: [payoff, …]}}`."""
    with file.open("w", encoding="utf-8") as stream:
        for one in situations:
            plans = dict(zip(one.plans, one.payoffs.tolist(), strict=True))
            stream.write(json.dumps({"situation": one.name, "plans": plans}, allow_nan=False) + "\n")


def read_situations(file: Path) -> list[Situation]:
    """Situations as they were written. Raises CallerError naming the file and the line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"{file}: cannot be read as situations: {error}") from error
    situations = []
    for number, line in enumerate(lines, start=1):
        try:
            held = json.loads(line)
            plans = held["plans"]
            payoffs = np.array([plans[name] for name in plans], np.float64)
            situations.append(Situation(str(held["situation"]), tuple(plans), payoffs))
        except (ValueError, TypeError, KeyError) as error:
            raise CallerError(f"{file}, line {number}: no situation ({error})") from error
    if not situations:
        raise CallerError(f"{file}: holds no situation")
    return situations


def job_situations(runs: Sequence[Run], count: int, seed: int) -> list[Situation]:
    """Deadlines, values and prices under which the same measured runs would have paid this or that.

    A run that is not done by its deadline is ended there: what was used is paid for, and nothing is earned. A reserved
    worker's price is one at which somebody of a drawn risk aversion would not care whether it is that or a spot plan:
    where it is always or never worth it, there is nothing to be chosen.
    """
    rng = np.random.default_rng(seed)
    measured = {
        job: _measured([run for run in runs if run.job == job]) for job in sorted({run.job for run in runs})
    }
    jobs = list(measured)
    situations = []
    for number in range(count):
        job = jobs[int(rng.integers(len(jobs)))]
        terms = _Terms(
            deadline=float(rng.uniform(*_DEADLINES)),
            value=float(np.exp(rng.uniform(*np.log(_VALUES)))),
            spot=float(rng.uniform(*_SPOT_PRICES)),
        )
        rival, risk_aversion = int(rng.integers(len(PLANS) - 1)), float(rng.normal(*_INDIFFERENT))
        price = _indifferent(measured[job], terms, rival, risk_aversion)
        payoffs = _payoffs(measured[job], terms.deadline, terms.value, terms.spot, price)
        situations.append(Situation(f"{job}-{number}", tuple(plan.name for plan in PLANS), payoffs))
    return situations


class _Terms(NamedTuple):
    deadline: float
    value: float
    spot: float


def _indifferent(measured: Float, terms: _Terms, rival: int, risk_aversion: float) -> float:
    """The price of a reserved worker at which it is worth what a spot plan is, by CRRA, found by halving; an end of the
    range where there is none.
    """
    low, high = terms.spot, terms.spot + terms.value
    for _ in range(_HALVINGS):
        price = 0.5 * (low + high)
        payoffs = _payoffs(measured, terms.deadline, terms.value, terms.spot, price)
        worth = worth_of(payoffs, np.array([risk_aversion]))[:, 0]
        low, high = (price, high) if worth[-1] > worth[rival] else (low, price)
    return 0.5 * (low + high)


def _measured(runs: Sequence[Run]) -> Float:
    """Times and whether it was finished [plans, runs, 4], of as many runs of each plan as there are of all."""
    of_plan = [[run for run in runs if run.plan == plan.name] for plan in PLANS]
    count = min(map(len, of_plan))
    return np.array(
        [[(*run.spot, run.reserved, float(run.finished)) for run in some[:count]] for some in of_plan],
        np.float64,
    ).reshape(len(PLANS), count, 4)


def _payoffs(
    measured: Float, deadline: float, value: float, spot_price: float, reserved_price: float
) -> Float:
    first, second, reserved, finished = np.moveaxis(measured, -1, 0)
    path = np.maximum(first, second)
    cost = spot_price * (np.minimum(first, deadline) + np.minimum(second, deadline))
    cost += reserved_price * np.clip(deadline - path, 0.0, reserved)
    in_time = (path + reserved <= deadline) & (finished > 0)
    result: Float = np.where(in_time, value, 0.0) - cost
    return result
