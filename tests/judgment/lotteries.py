"""Cases to judge, and the rules of docs/model.md worked out the slow way, in rationals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

BILLION = 10**9


def option(*outcomes: tuple[float, float]) -> dict[str, Any]:
    """An option in JSON form from (payoff, probability) pairs."""
    return {"outcomes": [{"payoff": payoff, "probability": share} for payoff, share in outcomes]}


def record(**fields: object) -> dict[str, Any]:
    """A sound judgment in JSON form, with these fields in place of its own."""
    options = [option((2.0, 0.1), (1.6, 0.9)), option((3.85, 0.1), (0.1, 0.9))]
    return {"wealth": 0.0, "options": options, "chosen": 0, "feedback": "approve", **fields}


SLACK = [0, 0, 0, 999, 1000, 1001, -999, -1000, -1001, -BILLION // 2]


@st.composite
def shares(draw: st.DrawFn, parts: list[int], *, exactly_one: bool) -> list[float]:
    """Probabilities in these parts, give or take a few billionths; the sum often at the edge of 1 ± 1e-6."""
    billionths = [part * BILLION // sum(parts) for part in parts]
    billionths[0] += draw(st.integers(-2, 2)) if len(parts) > 1 else 0
    slack = 0 if exactly_one else draw(st.sampled_from(SLACK))
    billionths[-1] = BILLION + slack - sum(billionths[:-1])
    return [float(Decimal(min(max(n, 0), BILLION)).scaleb(-9)) for n in billionths]


MONEY = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, -1.0, -2.0, 0.1, 0.2, 0.3, -0.3, -0.1]),
    st.integers(-40, 80).map(lambda tenths: tenths / 10),
    st.floats(-1e15, 1e15),
)
WEALTH = st.one_of(st.sampled_from([0.0, 0.1, 0.3, 1.0, 2.0, 5.0]), st.floats(0.0, 1e15))


@st.composite
def options(draw: st.DrawFn, *, exactly_one: bool) -> list[dict[str, Any]]:
    """2 to 4 options that share payoffs and probabilities often enough to tie and to dominate."""
    pool = draw(st.lists(MONEY, min_size=2, max_size=5))
    parts = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(any))
    usual = [pool[index % len(pool)] for index in range(len(parts))]
    own = st.lists(st.sampled_from(pool), min_size=len(parts), max_size=len(parts))
    made = []
    for _ in range(draw(st.integers(2, 4))):
        chances = draw(shares(parts, exactly_one=exactly_one))
        made.append(option(*zip(draw(st.just(usual) | own), chances, strict=True)))
    return made


@st.composite
def proposals(draw: st.DrawFn, *, sound: bool = False, interval: bool = False) -> dict[str, Any]:
    """A proposal in JSON form; `sound` keeps to what a judgment allows."""
    made = draw(options(exactly_one=sound))
    ends = sorted([draw(WEALTH), draw(WEALTH)])
    return {
        "wealth": ends if interval else ends[0],
        "options": made,
        "chosen": draw(st.integers(0, len(made) - 1)),
        "stake": draw(st.none() | MONEY),
        "budget": draw(st.none() | MONEY),
    }


def written(number: float) -> Fraction:
    """The number as the shortest decimal that gives it back."""
    return Fraction(Decimal(repr(float(number))))


def rules_hold(proposal: dict[str, Any], wealth: Fraction) -> dict[str, bool]:
    """The four built-in rules at one wealth, word by word from docs/model.md."""
    everything = [
        [(written(o["payoff"]), written(o["probability"])) for o in one["outcomes"]]
        for one in proposal["options"]
    ]
    possible = [[(x, p) for x, p in outcomes if p > 0] for outcomes in everything]
    chosen = possible[proposal["chosen"]]
    stake, budget = proposal["stake"], proposal["budget"]
    others = [one for index, one in enumerate(possible) if index != proposal["chosen"]]
    return {
        "probabilities": all(abs(sum(p for _, p in one) - 1) <= Fraction(1, 10**6) for one in everything),
        "solvency": all(wealth + x >= 0 for x, _ in chosen),
        "budget": stake is None or budget is None or written(stake) <= written(budget),
        "dominance": not any(_feasible(one, wealth) and _dominates(one, chosen) for one in others),
    }


def _feasible(outcomes: list[tuple[Fraction, Fraction]], wealth: Fraction) -> bool:
    return bool(outcomes) and all(wealth + x >= 0 for x, _ in outcomes)


def _dominates(better: list[tuple[Fraction, Fraction]], worse: list[tuple[Fraction, Fraction]]) -> bool:
    if not worse:
        return False
    places = {x for x, _ in better + worse}
    gaps = [_share_up_to(x, better) - _share_up_to(x, worse) for x in places]
    return all(gap <= Fraction(1, BILLION) for gap in gaps) and any(
        gap < -Fraction(1, BILLION) for gap in gaps
    )


def _share_up_to(limit: Fraction, outcomes: list[tuple[Fraction, Fraction]]) -> Fraction:
    total = sum(p for _, p in outcomes)
    return sum((p for x, p in outcomes if x <= limit), Fraction()) / total
