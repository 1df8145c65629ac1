"""What becomes of challengers, night after night? The paired test of `retraining`, for many repetitions at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.retraining import MOST_LOST, STAKES, compared, level_of, no_comparison

Float = NDArray[np.float64]
Truth = NDArray[np.bool_]


def log_growth(champion: Float, challenger: Float, approved: Truth) -> Float:
    """What an answer adds to the log-wealth of each stake: [..., S] of chances of approval [...]."""
    if_approved = np.log(challenger / champion)
    if_rejected = np.log1p(-challenger) - np.log1p(-champion)
    gain = np.where(approved, if_approved, if_rejected)
    most = -np.minimum(np.minimum(if_approved, if_rejected), 0.0)
    with np.errstate(divide="ignore"):
        largest = np.where(most > 0, MOST_LOST / most, np.inf)
    stakes = np.minimum(np.array(STAKES), largest[..., None])
    result: Float = np.log1p(stakes * gain[..., None])
    return result


def evidence_by_night(growth: Float, nights: int, lasts: int) -> Float:
    """Log-evidence [nights] at the end of each night, of growth [nights * n, S].

    lasts: nights until there is a new challenger.
    """
    by_night = growth.reshape(nights, -1, growth.shape[-1]).sum(axis=1)
    wealth = np.cumsum(by_night, axis=0)
    begun = np.arange(nights) // lasts * lasts
    before = np.where((begun > 0)[:, None], wealth[begun - 1], 0.0)
    since = wealth - before
    top = since.max(axis=1)
    result: Float = top + np.log(np.exp(since - top[:, None]).mean(axis=1))
    return result


def first_promotion(log_evidence: Float, lasts: int, alpha: float, first: int = 1) -> int | None:
    """The first night, from 1, at whose end the challenger of that night is promoted; None where none is.

    first: number of the first challenger.
    """
    numbers = first + np.arange(log_evidence.size) // lasts
    needed = np.array([-np.log(level_of(int(number), alpha=alpha)) for number in np.unique(numbers)])
    there = np.flatnonzero(log_evidence >= needed[numbers - first])
    return int(there[0]) + 1 if there.size else None


def check_growth(champion: Float, challenger: Float, approved: Truth) -> None:
    """Assert that the arrays here do what `compared` does, answer by answer."""
    known = no_comparison()
    for one, other, said in zip(champion, challenger, approved, strict=True):
        known = compared(known, float(one), float(other), approved=bool(said))
    found = log_growth(champion, challenger, approved).sum(axis=0)
    assert np.allclose(found, known.log_wealth, atol=1e-9), (found, known.log_wealth)
