"""P3: is every number that is labelled as the service's one, and the one the service said?"""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import QUANTILES, FaultyServer, Request, answering, document
from layers import CASE, Make, judgments_in
from people import safe_times

if TYPE_CHECKING:
    from bayesian_verifier import Journal

SAID = (0.61, 0.18, *QUANTILES.values())
NUMBERS = ("mean", "sd", *QUANTILES)
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def numbers_of(assessment: Any) -> tuple[float, ...]:  # noqa: ANN401 an assessment, or a line of the journal
    """Mean, sd and quantiles."""
    quantiles = assessment.quantiles
    return (
        assessment.mean,
        assessment.sd,
        *(quantiles.values() if isinstance(quantiles, dict) else quantiles),
    )


def test_p3_what_is_labelled_as_the_services_is_what_it_said(make: Make, journal: Journal) -> None:
    """In the assessment, in that of a judgment, and in its line; the service has answered every time."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal)
        assessed = layer.assess("ada", safe_times(4))
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        judged = layer.judge(CASE, "ada").assessment
    assert (assessed.source, judged.source) == ("verifier", "verifier")
    assert numbers_of(assessed) == numbers_of(judged) == SAID
    line = judgments_in(journal)[-1]
    assert line.source == "verifier"
    assert numbers_of(line.posterior) == SAID


@pytest.mark.parametrize("word", NOT_FINITE)
def test_p3_a_number_that_is_none_is_never_passed_on(make: Make, journal: Journal, word: str) -> None:
    """In the place of each number in turn: the controller's numbers, with the reason, and all of them finite."""
    place = NUMBERS[0]

    def spoilt(request: Request) -> bytes:
        said = copy.deepcopy(document(request))
        marginal = said["posterior"]["risk_aversion"]
        (marginal["quantiles"] if place in QUANTILES else marginal)[place] = NOT_FINITE[word]
        text = json.dumps(said)
        assert word in text
        return text.encode()

    with FaultyServer(answering(spoilt)) as server:
        layer = make(server.url, journal)
        for place in NUMBERS:
            assessment = layer.assess("ada", safe_times(4))
            assert (assessment.source, assessment.reason) == ("controller", "invalid_reply"), place
            assert all(map(math.isfinite, numbers_of(assessment))), place
