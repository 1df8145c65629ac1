"""No body gets a 5xx: every spelling of a number and every text that JSON knows, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.odd_bodies import CORPUS
from serving.bodies import JSON, assert_problem, no_number_is_missing

if TYPE_CHECKING:
    import httpx

ROUTES = ("/v1/posterior", "/v1/posteriors", "/v2/models/bayesian-verifier/infer")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", ["number", "text", "depth", "repeated", "encoding"])
def test_no_odd_body_gets_a_5xx(client: httpx.Client, route: str, kind: str) -> None:
    """Each is answered with finite numbers, or refused with a problem document."""
    bodies = {name: body for name, body in CORPUS.items() if name.startswith(kind)}
    assert bodies
    for name, body in bodies.items():
        reply = client.post(route, content=body, headers=JSON)
        assert reply.status_code < 500, name
        if reply.status_code != 200:
            assert_problem(reply, reply.status_code)
        assert no_number_is_missing(reply.json()), name


def test_the_odd_are_odd_and_some_are_not(client: httpx.Client) -> None:
    """A corpus that were refused or accepted as a whole would show nothing."""
    answers = [client.post(ROUTES[0], content=body, headers=JSON).status_code for body in CORPUS.values()]
    assert answers.count(200) > 20
    assert answers.count(400) > 200
    assert answers.count(422) > 100
