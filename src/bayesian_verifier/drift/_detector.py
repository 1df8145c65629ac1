"""Has this person changed? A Shiryaev–Roberts e-detector on messages, with a proven rate of false alarms.

The null follows one θ that never jumps (and may wander a little). At each window new alternatives start: the
null as it is, plus a jump of unknown sign and a size of JUMPS prior sd. e is the alternative's predictive density
of a message over the null's, a likelihood ratio with mean 1 while nothing changes. R sums, over starts and sizes,
the products of e since the start; R − t is then a supermartingale, so that the mean number of windows to a false
alarm at R ≥ A is at least A, whatever the widths of the posteriors (Shin, Ramdas & Rinaldo 2024, NEJSDS,
doi 10.51387/23-NEJSDS51). It is an average over θ drawn from the prior, and rests on posteriors that are
calibrated: see `variance_scale`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.drift._message import Message

Float = NDArray[np.float64]

#: sizes of a jump, in prior sd, each with the same weight
JUMPS = (0.25, 0.5, 1.0, 2.0)
#: alternatives older than this many windows are dropped, which only lowers R
MEMORY = 150


@dataclass(frozen=True, slots=True)
class Detector:
    """What a detector is told once.

    prior_mean, prior_sd: of θ in the population.   threshold: A, the least mean number of windows to a false alarm.
    wander: sd of what θ changes by from window to window without anybody calling it a change.
    """

    prior_mean: float
    prior_sd: float
    threshold: float = 1000.0
    wander: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not (math.isfinite(self.prior_mean) and 0 < self.prior_sd < math.inf):
            raise ValueError(f"expected a finite prior, got {self.prior_mean} ± {self.prior_sd}")
        if not (1 < self.threshold < math.inf and 0 <= self.wander < math.inf):
            raise ValueError(
                f"expected a threshold > 1 and a wander >= 0, got {self.threshold}, {self.wander}"
            )


class State(NamedTuple):
    """What a detector knows, for people [...] followed side by side; W alternatives by start, one more each window.

    windows [...]: since the start or the last alarm.   mean, variance [...]: of the null.
    before [W, ...]: mean of the null at each start.
    alt_mean, alt_variance, log_product [W, J, ...]: of the alternatives, newest first.
    """

    windows: NDArray[np.int64]
    mean: Float
    variance: Float
    before: Float
    alt_mean: Float
    alt_variance: Float
    log_product: Float


class Info(NamedTuple):
    """What one window did [...].

    statistic: R, alarm at R >= threshold.   change_began: windows ago, 0 for this one, of the likeliest start.
    moved: how far it went since then, in the parameter's unit.   surprise: the message's distance from
    what the null expected, in its sd.
    """

    statistic: Float
    alarm: NDArray[np.bool_]
    change_began: NDArray[np.int64]
    moved: Float
    surprise: Float


def start(detector: Detector, shape: tuple[int, ...] = ()) -> State:
    """Nothing heard yet."""
    none = np.empty((0, len(JUMPS), *shape))
    return State(
        np.zeros(shape, np.int64),
        np.full(shape, detector.prior_mean),
        np.full(shape, detector.prior_sd**2),
        np.empty((0, *shape)),
        none,
        none.copy(),
        none.copy(),
    )


def step(state: State, told: Message, detector: Detector) -> tuple[State, Info]:
    """Hear one message of each person; whoever gives an alarm starts anew with the next one."""
    new, info = advance(state, told, detector)
    return restarted(new, info.alarm, detector), info


def advance(state: State, told: Message, detector: Detector) -> tuple[State, Info]:
    """Hear one message of each person, and go on after an alarm as if there had been none."""
    noise = 1.0 / told.precision
    # the start too may have wandered: one more step of it than there were windows costs nothing
    variance = state.variance + detector.wander**2
    alt_mean, alt_variance, log_product = _with_new_start(state, variance, detector)
    spread, alt_spread = variance + noise, alt_variance + noise
    away, alt_away = told.value - state.mean, told.value - alt_mean
    alt_gain, gain = alt_variance / alt_spread, variance / spread
    # in place: a window is heard by 600 alternatives a person, and most of the time goes into moving them about
    gained = alt_away * alt_away
    gained /= alt_spread
    np.subtract(away * away / spread, gained, out=gained)
    np.divide(spread, alt_spread, out=alt_spread)
    gained += np.log(alt_spread, out=alt_spread)
    gained *= 0.5
    log_product += gained
    np.multiply(alt_gain, alt_away, out=alt_away)
    alt_mean += alt_away
    new = State(
        state.windows + 1,
        state.mean + gain * away,
        gain * noise,
        np.concatenate([state.mean[None], state.before[: MEMORY - 1]]),
        alt_mean,
        np.multiply(alt_gain, noise, out=alt_gain),
        log_product,
    )
    return new, _info(new, away / np.sqrt(spread), detector)


def of_people(state: State, who: NDArray[np.bool_]) -> State:
    """The state of some of the people [N] followed side by side."""
    return State(
        state.windows[who],
        state.mean[who],
        state.variance[who],
        state.before[..., who],
        state.alt_mean[..., who],
        state.alt_variance[..., who],
        state.log_product[..., who],
    )


def _with_new_start(state: State, variance: Float, detector: Detector) -> tuple[Float, Float, Float]:
    """Alternatives with one more start, at this window; the oldest go when there are too many."""
    keep = min(len(state.alt_mean), MEMORY - 1)
    jumps = (detector.prior_sd * np.array(JUMPS)) ** 2
    jumps = jumps.reshape(-1, *(1,) * variance.ndim)
    fresh = np.broadcast_to(state.mean, (1, len(JUMPS), *variance.shape))
    return (
        np.concatenate([fresh, state.alt_mean[:keep]]),
        np.concatenate([(variance + jumps)[None], state.alt_variance[:keep] + detector.wander**2]),
        np.concatenate([np.zeros_like(fresh), state.log_product[:keep]]),
    )


def _info(state: State, surprise: Float, detector: Detector) -> Info:
    flat = state.log_product.reshape(-1, *surprise.shape)
    # products of starts before the last alarm are -inf: no part of this person's sum
    with np.errstate(over="ignore"):
        # added one after the other, so that a person gets the same bits alone and beside others
        statistic = np.cumsum(np.exp(flat), axis=0)[-1] / len(JUMPS)
    likeliest = flat.argmax(axis=0)
    mean = np.take_along_axis(state.alt_mean.reshape(flat.shape), likeliest[None], axis=0)[0]
    before = np.take_along_axis(state.before, likeliest[None] // len(JUMPS), axis=0)[0]
    return Info(
        statistic,
        statistic >= detector.threshold,
        likeliest // len(JUMPS),
        mean - before,
        surprise,
    )


def restarted(state: State, alarm: NDArray[np.bool_], detector: Detector) -> State:
    """The same, but as at the start for those with an alarm."""
    if not alarm.any():
        return state
    if alarm.ndim == 0:
        return start(detector)
    return State(
        np.where(alarm, 0, state.windows),
        np.where(alarm, detector.prior_mean, state.mean),
        np.where(alarm, detector.prior_sd**2, state.variance),
        state.before,
        state.alt_mean,
        state.alt_variance,
        np.where(alarm, -np.inf, state.log_product),
    )
