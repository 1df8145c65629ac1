"""Are people, cases and answers drawn as the protocol says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import GREATEST_REWARD, Judgment
from bayesian_verifier.simulators._kit import CASES, PEOPLE, Said, require

if TYPE_CHECKING:
    from bayesian_verifier.simulators._kit import Kit
    from bayesian_verifier.simulators._protocol import Responses

#: standard errors that a mean may be off, and share of rewards that no record may hold
_ERRORS, _BEYOND = 5.0, 0.05


def parameters(kit: Kit) -> Said:
    """Named once each, under a normal prior; installed under its own name."""
    own = kit.simulator
    names = [p.name for p in own.parameters]
    require(own.name == kit.name, f"installed as {kit.name!r}, calls itself {own.name!r}")
    require(
        bool(names) and len(set(names)) == len(names),
        f"names are {names}, expected one or more, once each",
    )
    for p in own.parameters:
        sound = np.isfinite(p.prior_mean) and np.isfinite(p.prior_sd) and p.prior_sd > 0
        require(bool(sound), f"{p.name}: prior {p.prior_mean} ± {p.prior_sd}")
    told = ", ".join(
        f"{p.name} ({p.link}) ~ N({p.prior_mean:.3g}, {p.prior_sd:.3g}²)" for p in own.parameters
    )
    return told, {"names": names}


def prior(kit: Kit) -> Said:
    """People are drawn from it, the same from the same seed."""
    drawn, again, other = (kit.simulator.sample_prior(kit.rng(i), PEOPLE) for i in (0, 0, 1))
    shape = (PEOPLE, len(kit.simulator.parameters))
    require(drawn.shape == shape, f"drawn are {drawn.shape}, expected {shape}")
    require(bool(np.isfinite(drawn).all()), "drawn are numbers that are not finite")
    require(np.array_equal(drawn, again), "the same seed draws other people")
    require(not np.array_equal(drawn, other), "another seed draws the same people")
    worst = 0.0
    for i, p in enumerate(kit.simulator.parameters):
        error = p.prior_sd / np.sqrt(PEOPLE)
        off = abs(drawn[:, i].mean() - p.prior_mean) / error
        wide = abs(drawn[:, i].std() - p.prior_sd) / (error / np.sqrt(2))
        worst = float(max(worst, off, wide))
        require(worst < _ERRORS, f"{p.name} is drawn {max(off, wide):.1f} standard errors off its prior")
    return f"{PEOPLE} people, at most {worst:.1f} standard errors off", {"worst_errors": worst}


def cases(kit: Kit) -> Said:
    """Proposals without an answer, the same from the same seed."""
    cases, again = kit.cases(), kit.cases()
    require(len(cases) == CASES, f"asked for {CASES}, got {len(cases)}")
    require(all(isinstance(case, Judgment) for case in cases), "cases are to be `Judgment`s")
    answered = sum(case.feedback is not None or case.reward is not None for case in cases)
    require(not answered, f"{answered} cases have an answer already")
    same = [case.model_dump_json() for case in cases] == [case.model_dump_json() for case in again]
    require(same, "the same seed draws other cases")
    options = float(np.mean([len(case.options) for case in cases]))
    return f"{CASES} cases of {options:.1f} options on average", {"options_mean": options}


def answers(kit: Kit) -> Said:
    """One for each proposal, the same from the same seed; rewards are on the scale of a record."""
    cases, theta = kit.cases(), kit.simulator.sample_prior(kit.rng(2), CASES)
    said, again, other = (kit.simulator.simulate(kit.rng(i), theta, cases) for i in (3, 3, 4))
    for what, values in zip(("approve", "reward"), said, strict=True):
        require(np.shape(values) == (CASES,), f"{what} is {np.shape(values)}, expected ({CASES},)")
    require(said.approve.dtype == np.bool_, f"approve is {said.approve.dtype}, expected bool")
    require(bool(np.isfinite(said.reward).all()), "rewards are numbers that are not finite")
    require(_same(said, again), "the same seed answers otherwise")
    require(not _same(said, other), "another seed answers the same: nothing is left to chance")
    beyond = float((np.abs(said.reward) > GREATEST_REWARD).mean())
    require(beyond < _BEYOND, f"{beyond:.0%} of rewards lie beyond ±3, which no record holds")
    approved = float(said.approve.mean())
    require(0 < approved < 1, f"{approved:.0%} of proposals are approved")
    return f"{approved:.0%} approved, rewards {said.reward.min():.2f} to {said.reward.max():.2f}", {
        "approved": approved,
        "rewards_beyond": beyond,
    }


def _same(one: Responses, other: Responses) -> bool:
    return np.array_equal(one.approve, other.approve) and np.array_equal(one.reward, other.reward)
