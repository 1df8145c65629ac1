"""A body that breaks no rule says the same read in one pass and step by step; any other is left for another look."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import read_question
from bayesian_verifier.serving._plain_body import read_plainly
from bayesian_verifier.simulators.lottery import CaseMixture, generate_cases, records
from serving.bodies import CORPUS, GOOD

TEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"ts": "2026-11-24T10:00:00Z", "subject": "a:b", "id": "::"},
    {"reward": -0.25, "verdict": "proved", "id": None, "stake": 1, "budget": 2.5},
)


def asked(**more: object) -> dict[str, Any]:
    """Thirty judgments of any shape, some with colons in their texts, and further fields."""
    cases = records(generate_cases(np.random.default_rng(3), 30, CaseMixture()))
    return {
        "judgments": [case | {"feedback": "approve"} | TEXTS[i % 3] for i, case in enumerate(cases)]
    } | more


@pytest.mark.parametrize(
    "more", [{}, {"draws": 7, "seed": 2**53 - 1}, {"state": "AAEC", "draws": None, "seed": None}]
)
def test_a_plain_body_is_read_as_python_and_the_record_read_it(more: dict[str, Any]) -> None:
    """Judgments as the record makes them of what json.loads gives; the other fields as they were sent."""
    content = asked(**more)
    found = read_plainly(json.dumps(content).encode())
    assert found is not None
    assert found.judgments == parse_judgments(content["judgments"])
    assert found[1:] == (more.get("state"), more.get("draws") or 0, more.get("seed"))


#: what a state holds is for its reader to say
BAD = [name for name, (_, status) in CORPUS.items() if status != 200 and not name.startswith("state")]


@pytest.mark.parametrize("name", BAD)
def test_no_bad_body_is_plain(name: str) -> None:
    """What is refused is refused in the words of the careful reader."""
    assert read_plainly(CORPUS[name][0]) is None


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ('"chosen": ', '"chosen": 1, "chosen": '),
        ('"payoff": ', '"payoff": 1.0, "payoff": '),
        ('"outcomes": ', '"outcomes": [], "outcomes": '),
        ('"judgments": ', '"judgments": [], "judgments": '),
    ],
)
def test_a_name_given_twice_is_noticed_wherever_it_stands(text: str, twice: str) -> None:
    """The parser keeps one of the two; its colon gives it away."""
    assert read_plainly(GOOD.encode()) is not None
    assert text in GOOD
    assert read_plainly(GOOD.replace(text, twice, 1).encode()) is None


def test_an_escape_is_looked_at_again() -> None:
    """An escaped name might hide a second one: the careful reader decides, and takes it."""
    body = GOOD.replace('"chosen"', '"id": "\\u003a", "chosen"').encode()
    assert read_plainly(body) is None
    assert read_question(body).judgments[0].id == ":"
