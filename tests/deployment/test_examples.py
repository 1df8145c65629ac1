"""Are the shipped examples what examples/README.md says? Their numbers are worked out again here."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bayesian_verifier.judgment import parse_judgments
from reference.exact import posterior

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def people() -> list[dict[str, Any]]:
    """The records of the twenty people, as they stand in the file."""
    return [json.loads(line) for line in (EXAMPLES / "andersen2008_people.jsonl").read_text().splitlines()]


def price_list(name: str) -> list[dict[str, Any]]:
    """The judgments of one of the Holt–Laury bodies."""
    judgments: list[dict[str, Any]] = json.loads((EXAMPLES / f"holt_laury_{name}_safe.json").read_text())[
        "judgments"
    ]
    return judgments


def test_the_people_s_choices_are_judgments() -> None:
    """603 records of 20 people, each with an id of its own, wealth 0, approved; under 400 kB."""
    records = people()
    assert len(parse_judgments(records)) == 603
    assert len({record["id"] for record in records}) == 603
    assert len({record["subject"] for record in records}) == 20
    assert {(record["wealth"], record["feedback"]) for record in records} == {(0.0, "approve")}
    assert (EXAMPLES / "andersen2008_people.jsonl").stat().st_size < 400_000


def test_the_first_option_is_the_safe_one() -> None:
    """In every row the first option's best outcome is below the second's, as in all four lists."""
    best = [[max(o["payoff"] for o in option["outcomes"]) for option in r["options"]] for r in people()]
    assert Counter(map(tuple, best)).keys() == {(2000, 3850), (2250, 4000), (2000, 4000), (2500, 4500)}


def test_the_people_span_the_range_of_risk_attitudes() -> None:
    """By the exact posterior the least averse is below r = -1.5, the most above 2, and every step between is met."""
    by_person: dict[str, list[dict[str, Any]]] = {}
    for record in people():
        by_person.setdefault(record["subject"], []).append(record)
    means = sorted(posterior(records).r.mean for records in by_person.values())
    assert means[0] < -1.5
    assert means[-1] > 2
    assert max(b - a for a, b in pairwise(means)) < 1


@pytest.mark.parametrize(("name", "safe"), [("four", 4), ("six", 6), ("eight", 8)])
def test_the_price_lists_are_holt_and_laury_s(name: str, safe: int) -> None:
    """Ten rows of $2.00/$1.60 against $3.85/$0.10, the high prize at 0.1 … 1.0, safe in the first rows."""
    rows = price_list(name)
    assert [row["chosen"] for row in rows] == [0] * safe + [1] * (10 - safe)
    for number, row in enumerate(rows, start=1):
        payoffs = [[outcome["payoff"] for outcome in option["outcomes"]] for option in row["options"]]
        chances = [[outcome["probability"] for outcome in option["outcomes"]] for option in row["options"]]
        assert payoffs == [[2.0, 1.6], [3.85, 0.1]]
        assert chances == [[number / 10, round(1 - number / 10, 1)]] * 2
    assert len(parse_judgments(rows)) == 10


def test_more_safe_choices_mean_more_risk_aversion() -> None:
    """Four, six and eight safe choices put the exact mean into the paper's brackets for 4, 6 and 8, in that order."""
    means = [posterior(price_list(name)).r.mean for name in ("four", "six", "eight")]
    brackets = [(-0.15, 0.15), (0.41, 0.68), (0.97, 1.37)]
    assert all(low < mean <= high + 1e-2 for mean, (low, high) in zip(means, brackets, strict=True))
