"""People who answer one question over and over, and always alike: where a network has most to lose."""

from __future__ import annotations

import pytest

from model.test_shipped_model import Served, holt_laury
from reference.exact import posterior


@pytest.fixture(scope="module")
def served():
    return Served()


def asked_again(times: int, choices: tuple[int, ...]) -> list[dict[str, object]]:
    """The fifth row of the list, asked many times, answered by the choices in turn."""
    options = holt_laury(5)[4]["options"]
    return [
        {"options": options, "chosen": choices[i % len(choices)], "feedback": "approve"} for i in range(times)
    ]


PEOPLE = {
    "always safe": (0,),
    "always risky": (1,),
    "a coin": (0, 1),
    "mostly safe": (0, 0, 0, 0, 1),
}


@pytest.mark.parametrize("times", [3, 20, 100])
@pytest.mark.parametrize("person", PEOPLE)
def test_one_question_asked_all_day_has_about_the_exact_posterior(served, person, times):
    """Mean within 0.2 posterior sd + 0.02 of quadrature, sd within a quarter."""
    records = asked_again(times, PEOPLE[person])
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.2 * exact.sd + 0.02
    assert belief.sd == pytest.approx(exact.sd, rel=0.25)


@pytest.mark.parametrize("safe", [0, 1, 5, 9, 10])
@pytest.mark.parametrize("times", [1, 5, 10])
def test_the_same_list_answered_alike_many_times_has_about_the_exact_posterior(served, safe, times):
    """The Holt–Laury list without one slip, up to ten times: the same bounds."""
    records = holt_laury(safe) * times
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.2 * exact.sd + 0.02
    assert belief.sd == pytest.approx(exact.sd, rel=0.25)


HUNDREDS = [holt_laury(safe) * 50 for safe in (0, 1, 5, 9, 10)]
HUNDREDS += [asked_again(400, choices) for choices in PEOPLE.values()]


@pytest.mark.parametrize("records", HUNDREDS, ids=range(len(HUNDREDS)))
def test_hundreds_of_answers_alike_are_off_by_less_than_one_sd(served, records):
    """500 answers without a slip, and 400 to one question: no nonsense, if not as close (see docs/model.md)."""
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= exact.sd
    assert 0.6 <= belief.sd / exact.sd <= 1.7
