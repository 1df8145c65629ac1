"""What does the page say of challengers?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _markdown import number, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    Figures = Mapping[str, Any]

HEAD = "## Challengers"

EQUAL = """Share of {repetitions} histories of {nights} nights ({answers} answers each, the evidence looked at after
every night) in which a challenger that is no better is promoted at α = {alpha}; in brackets what that share is at most
(99%, exact binomial). "Other noise": both foresee as well as can be but for noise on the log-odds; "opposite ways":
priors half an sd too low and too high, a coin for each answer; the last is the exported function at two sets of random
points."""

BETTER = """Nights until a challenger that knows where people are is promoted, where the champion's prior is where they
were before; new people every 24 nights. The fifth challenger needs 25 times the evidence of the first."""


def promotion_section(found: Figures | None) -> list[str]:
    """The section."""
    if found is None:
        return [HEAD, "Not measured: run `make bench`."]
    policies = list(next(iter(found["equal"].values())))
    equal = [
        (name, *(f"{one['rate']:.1%} (≤ {one['at_most_99']:.1%})" for one in by.values()))
        for name, by in found["equal"].items()
    ]
    better = [
        (name, number(by["mean_gain_nats"]), *_waits(by["number 1"]), *_waits(by["number 5"]))
        for name, by in found["better"].items()
    ]
    told = EQUAL.format(
        repetitions=number(found["repetitions"]),
        nights=number(found["nights"]),
        answers=found["answers_a_night"],
        alpha=found["alpha"],
    )
    heads = (
        "people moved by",
        "nats an answer",
        "first: p50",
        "p90",
        "promoted",
        "fifth: p50",
        "p90",
        "promoted",
    )
    return [
        HEAD,
        told,
        table(("equally good", *(f"new challenger: {_often(policy)}" for policy in policies)), equal),
        BETTER,
        table(heads, better),
    ]


def _often(policy: str) -> str:
    return "never" if policy == "one" else policy


def _waits(found: Figures) -> list[str]:
    nights = ("more" if found[f"nights_p{p}"] is None else number(found[f"nights_p{p}"]) for p in (50, 90))
    return [*nights, f"{found['promoted']:.0%}"]
