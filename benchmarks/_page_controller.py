"""What does the page say of the Meta-Judgment Controller?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _markdown import number, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    Figures = Mapping[str, Any]

HEAD = "## The controller in the verifier's stead"

ANSWERS = """{people} simulated people in each column, of the prior of the shipped model, with proposals of
`configs/simulators/lottery.toml`; {new} further proposals each to choose from. Regret is what choices by a belief
cost under the person's own r: lost V, times 1,000, and as a share of the best option's certainty equivalent. "Off" is
the distance of the mean from that of the exact posterior, rms, in exact sd; "within" is how often the true r lies
within the ±1 sd that is stated (0.68 where it is as sure as it is right). "Bracket alone" is what the controller went
by before it took to least squares."""

CONSTANT = """The constant that is best for all of them in hindsight, r = {r}: regret {regret}, {money}% of money;
another option than the best in {other}% of choices."""

DRIFT = """People who answered 32 proposals on day 0, were trusted then, and whose r moves by so much a day (sd).
Regret times 1,000, error in r (rms), and within ±1 sd, after so many days."""

SPEED = """One assessment, by number of answers, in ms: {speed}. The first of each is with proposals it has not seen."""


def controller_section(found: Figures | None) -> list[str]:
    """The section."""
    if found is None:
        return [HEAD, "Not measured: run `make bench`."]
    answers = found["answers"]
    constant = answers["best constant"]
    parts = [HEAD, ANSWERS.format(people=found["people"], new=found["new_choices"])]
    for answered in ("feedback", "reward", "both"):
        parts += [f"Answered by {answered}:", _by_size(answers[answered])]
    parts.append(
        CONSTANT.format(
            r=number(constant["r"]),
            regret=number(1e3 * constant["regret"]),
            money=number(100 * constant["regret_money"]),
            other=number(100 * constant["other_choice"]),
        )
    )
    parts.append(DRIFT)
    parts += [_by_days(drift, methods) for drift, methods in found["drift"].items()]
    return [*parts, SPEED.format(speed=_speeds(found["speed"]))]


def _by_size(methods: Figures) -> str:
    sizes = list(next(iter(methods.values())))
    rows = [
        (name, *(_cell(by[size], "off_exact_sd", "regret_money") for size in sizes))
        for name, by in methods.items()
    ]
    heads = [f"{size} answers" for size in sizes]
    return table(("regret · money · off · within", *heads), rows)


def _by_days(drift: str, methods: Figures) -> str:
    days = list(next(iter(methods.values())))
    rows = [(name, *(_cell(by[day], "error_rms") for day in days)) for name, by in methods.items()]
    heads = [f"{float(day):g} d" for day in days]
    return table((f"{drift} a day: regret · error · within", *heads), rows)


def _cell(row: Figures, off: str, money: str | None = None) -> str:
    share = [] if money is None else [f"{number(100 * row[money])}%"]
    return " · ".join([number(1e3 * row["regret"]), *share, number(row[off]), f"{row['within_1_sd']:.2f}"])


def _speeds(speed: Figures) -> str:
    return ", ".join(
        f"{count}: {number(row['p50_ms'])} (first {number(row['first_ms'])})" for count, row in speed.items()
    )
