"""Does the network of several traits learn from people as they are, and come out of its export as it went in?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bayesian_verifier.artifact import PosteriorFunction
from bayesian_verifier.posterior import base_points, wide_points
from bayesian_verifier.settings_file import read_content, read_table
from bayesian_verifier.simulators.traits import Answers, ExplorerSimulator, Told
from bayesian_verifier.training import TrainingSettings
from bayesian_verifier.training._approximator import build_approximator
from bayesian_verifier.training._export import export_function
from bayesian_verifier.training._fit import Fit
from bayesian_verifier.training._network import Network
from bayesian_verifier.training._parity import parity
from bayesian_verifier.training._quality import compare
from bayesian_verifier.training._trait_examination import judged
from bayesian_verifier.training._trait_people import TraitBatches, TraitPool, TraitPopulation

pytestmark = pytest.mark.usefixtures("compiled_once")
CONFIGS = Path(__file__).parents[2] / "configs"
SIMULATOR = ExplorerSimulator()


@pytest.fixture(scope="module")
def pool():
    return TraitPool.drawn(np.random.default_rng(0), SIMULATOR, 160)


def test_people_of_a_pool_are_summed_as_their_judgments_would_be(pool):
    """In batches, to single precision."""
    index, owner = np.arange(20), np.repeat([1, 3], 10)
    answers = np.array([[1.0, 0.4, 1.0], [-1.0, 0.0, 0.0]] * 10, np.float32)
    sums = TraitBatches(pool, 8, 0).sums(index, owner, answers)
    for person in (1, 3):
        own = owner == person
        sign, reward, rewarded = answers[own].T
        told = Told(
            pool.cases.taken(index[own]), Answers(sign.astype(float), reward.astype(float), rewarded > 0)
        )
        total = SIMULATOR.summing.summed(told.cases, told.answers)
        assert sums[person, :-2] == pytest.approx(total[:-2] - total[:-2].max(), abs=2e-3)
        assert sums[person, -2:] == pytest.approx(total[-2:])
    assert not sums[0].any()


@pytest.fixture(scope="module")
def trained(pool):
    """A network of seconds, and its function."""
    over = read_content(CONFIGS / "simulators" / "explorer.toml")["training"]
    names = {"simulator": "explorer", "name": "explorer"}
    asked = read_table(TrainingSettings, CONFIGS / "training.toml", names | over)
    network = asked.network.model_copy(
        update={"context_widths": (8, 4), "flow_depth": 2, "flow_widths": (8,)}
    )
    pace = asked.steps.model_copy(update={"count": 60, "sets": 16, "warmup": 10, "average": 0.9})
    approximator = build_approximator(SIMULATOR, network)
    Fit(approximator, TraitBatches(pool, 16, 0), pace).run()
    blob = export_function(approximator, SIMULATOR.sums_size, 3)
    return approximator, PosteriorFunction(blob, sums_size=SIMULATOR.sums_size, parameters=3)


def test_the_export_says_what_the_object_says(trained):
    """Saved and reloaded too."""
    approximator, function = trained
    people = TraitPopulation.drawn(np.random.default_rng(1), SIMULATOR, 60)
    sets = [
        people.person(np.random.default_rng(i), n, "both").evidence.sums for i, n in enumerate((0, 3, 40))
    ]
    assert max(parity(approximator, function, sets, base_points(64, 3))) < 1e-4


def test_even_hardly_trained_it_is_not_far_off_and_weights_mend_it(trained):
    """Location and scale are no matter of training; the density is one, on the grid of the exact posterior."""
    network = Network(trained[1], SIMULATOR, wide_points(256, 3))
    row = compare(network, judged(SIMULATOR, np.random.default_rng(5), 24, "both"))
    assert row.mass == pytest.approx(1.0, abs=0.02)
    assert 0.0 < row.kl < 1.0
    assert row.reliable
    assert abs(row.mean) < 0.1
    assert row.sd == pytest.approx(1.0, abs=0.1)
