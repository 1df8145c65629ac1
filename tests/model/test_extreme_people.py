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
    """Mean within 0.05 posterior sd of quadrature, sd within 5%."""
    records = asked_again(times, PEOPLE[person])
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.05 * exact.sd
    assert belief.sd == pytest.approx(exact.sd, rel=0.05)


@pytest.mark.parametrize("safe", [0, 1, 5, 9, 10])
@pytest.mark.parametrize("times", [1, 5, 10])
def test_the_same_list_answered_alike_many_times_has_about_the_exact_posterior(served, safe, times):
    """The Holt–Laury list without one slip, up to ten times: the same bounds."""
    records = holt_laury(safe) * times
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.05 * exact.sd
    assert belief.sd == pytest.approx(exact.sd, rel=0.05)


HUNDREDS = [holt_laury(safe) * 50 for safe in (0, 1, 5, 9, 10)]
HUNDREDS += [asked_again(400, choices) for choices in PEOPLE.values()]


@pytest.mark.parametrize("records", HUNDREDS, ids=range(len(HUNDREDS)))
def test_hundreds_of_answers_alike_have_about_the_exact_posterior_too(served, records):
    """500 answers without a slip, and 400 to one question: mean within 0.1 sd, sd within a tenth."""
    exact, belief = posterior(records).r, served.belief(records)
    assert abs(belief.mean - exact.mean) <= 0.1 * exact.sd
    assert belief.sd == pytest.approx(exact.sd, rel=0.1)
