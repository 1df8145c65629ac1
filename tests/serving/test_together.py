"""What a reply says of its parameters together, against NumPy's own covariance and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bayesian_verifier.serving._together import together
from bayesian_verifier.simulators import Parameter
from serving.closed_form import judgment

if TYPE_CHECKING:
    import httpx

PARAMETERS = (
    Parameter("risk_aversion", "identity", 0.5, 1.0),
    Parameter("exploration", "identity", 0.0, 0.1),
    Parameter("choice_noise", "log", -2.3, 1.0),
)


def test_correlations_are_those_of_the_weighted_draws_in_their_own_units() -> None:
    """As numpy.cov has them, which knows weights; the same either way round, and none with itself."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(400, 3)) @ np.array([[0.3, 0.02, 0.1], [0.0, 0.05, 0.2], [0.0, 0.0, 0.4]])
    natural, share = np.column_stack([theta[:, :2], np.exp(theta[:, 2])]), rng.dirichlet(np.ones(400))
    found = together(PARAMETERS, theta, natural, share).correlations
    covariance = np.cov(natural, rowvar=False, aweights=share, ddof=0)
    expected = covariance / np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
    names = [p.name for p in PARAMETERS]
    for i, name in enumerate(names):
        others = {other: pytest.approx(expected[i, j]) for j, other in enumerate(names) if j != i}
        assert found[name] == others


@pytest.mark.parametrize(
    ("share_of_prior", "said"), [(0.9, ()), (0.97, ("exploration",)), (1.2, ("exploration",))]
)
def test_a_parameter_as_wide_as_its_prior_is_unidentified(
    share_of_prior: float, said: tuple[str, ...]
) -> None:
    """Beyond 0.95 of the prior's sd on the link scale, and no other parameter with it."""
    z = np.array([-1.0, 1.0, -1.0, 1.0])
    theta = np.column_stack([0.2 * z, 0.1 * share_of_prior * np.array([1.0, 1.0, -1.0, -1.0]), 0.5 * z])
    assert together(PARAMETERS, theta, theta, np.full(4, 0.25)).unidentified == said


def test_the_service_says_what_the_evidence_tells_nothing_of(client: httpx.Client) -> None:
    """Rewards of the conjugate model are about r alone; without any, nothing is known of either parameter."""
    for rewards, said in (([], ["risk_aversion", "choice_noise"]), ([0.5, 1.0], ["choice_noise"])):
        reply = client.post("/v1/posterior", json={"judgments": [judgment(x) for x in rewards]}).json()
        assert reply["checks"]["unidentified"] == said
        assert reply["checks"]["trustworthy"] is True
        assert set(reply["correlations"]) == {"risk_aversion", "choice_noise"}
        assert abs(reply["correlations"]["risk_aversion"]["choice_noise"]) < 0.1
