"""Does a stream through the real service have the posterior of all its judgments, before and after a new model?"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from bayesian_verifier import VerifierClient
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.serving import compile_engine, create_app
from serving.closed_form import ClosedFormSimulator, closed_form_model, judgment
from serving.conftest import serving

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer import Outcome

REWARDS = [0.5, -0.25, 1.0, 0.125, -1.5, 2.0, 0.75, 0.3]
JUDGMENTS = parse_judgments([judgment(reward) for reward in REWARDS])
VERSIONS = ("2026-01-01T00-00-00Z-0000", "2026-01-02T00-00-00Z-0000")


def is_exact(outcome: Outcome, count: int, version: str) -> bool:
    """Normal rewards and a normal prior: the posterior mean is Σ reward / (n + 1)."""
    assert outcome.posterior is not None, outcome.detail
    assert (outcome.posterior.informative, outcome.posterior.model_version) == (count, version)
    return outcome.posterior.belief.mean == pytest.approx(sum(REWARDS[:count]) / (count + 1), abs=2e-3)


def test_a_stream_has_the_exact_posterior_also_after_a_new_model() -> None:
    """One judgment at a time; from the fifth on another version answers, which refuses the state with 409."""
    port = 0

    def lookup(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    refused = []
    with VerifierClient("http://localhost", 10.0, keep_state=True, lookup=lookup) as client:
        for version, counts in zip(VERSIONS, (range(1, 5), range(5, 9)), strict=True):
            engine = compile_engine(closed_form_model(version), ClosedFormSimulator(), points=1024)
            with serving(create_app(lambda engine=engine: engine)) as (http, _):
                port = http.base_url.port or 0
                if version != VERSIONS[0]:  # the old address is tried in vain, then the new one found
                    assert client.posterior(JUDGMENTS[:4], subject="ada").reason == "unreachable"
                for count in counts:
                    assert is_exact(client.posterior(JUDGMENTS[:count], subject="ada"), count, version)
                refused.append('status="409"' in http.get("/metrics").text)
    assert refused == [False, True]
