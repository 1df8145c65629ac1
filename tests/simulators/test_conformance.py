"""The conformance kit passes what keeps the protocol, and names what does not."""

from __future__ import annotations

import itertools
import json
import time

import numpy as np
import pytest
from normal_people import NormalPeople, swing

from bayesian_verifier.cli import run
from bayesian_verifier.simulators import Parameter, Responses, TalliedSums, conformance, load_simulator


def failed(simulator, name="normal", clock=time.process_time, people=50):
    """Names of the checks that a simulator fails."""
    found = conformance(simulator, name, seed=0, clock=clock, people=people)
    assert len(found) == 11
    return {one.check for one in found if not one.passed}


def still() -> float:
    """A clock that stands still: how fast a simulator is on a busy machine is no matter of these tests."""
    return 0.0


@pytest.mark.parametrize("name", ["lottery", "executor"])
def test_what_ships_conforms(name):
    assert failed(load_simulator(name), name, clock=still) == set()


def test_the_template_conforms():
    assert failed(swing().SwingSimulator(), "swing", clock=still) == set()


class OtherName(NormalPeople):
    name = "other"


class Shifted(NormalPeople):
    """Draws people whose slopes are not those of its prior."""

    def sample_prior(self, rng, n):
        return super().sample_prior(rng, n) + np.array([0.2, 0.0])


class Unseeded(NormalPeople):
    """Has a source of chance of its own."""

    own = np.random.default_rng(0)

    def respond(self, rng, theta, facts):  # noqa: ARG002 - as it should not
        return super().respond(self.own, theta, facts)


class Certain(NormalPeople):
    """Answers each time alike."""

    def respond(self, rng, theta, facts):  # noqa: ARG002 - as it should not
        return super().respond(np.random.default_rng(0), theta, facts)


class Rich(NormalPeople):
    """Tells rewards in money."""

    def respond(self, rng, theta, facts):
        said = super().respond(rng, theta, facts)
        return Responses(said.approve, 100 * said.reward)


class Averaging(NormalPeople):
    """Keeps means, which do not add up."""

    def describe(self, judgments):
        said = super().describe(judgments)
        return said._replace(evidence=TalliedSums(said.evidence.sums / max(said.informative, 1)))


class Broken(NormalPeople):
    def features(self, facts, answers):  # noqa: ARG002 - it gets no further
        raise KeyError("no such column")


class Deaf(NormalPeople):
    """Sums nothing that depends on θ."""

    def features(self, facts, answers):
        return super().features(facts, answers * np.array([1.0, 0.0, 1.0]))


class Wide(NormalPeople):
    """Keeps more than a state has room for."""

    feature_names = tuple(f"x {i}" for i in range(5000))

    def features(self, facts, answers):
        return np.repeat(super().features(facts, answers), 2500, axis=1)


class Careless(NormalPeople):
    """Reads whatever bytes it is given."""

    def read_evidence(self, raw):
        return TalliedSums(np.resize(np.frombuffer(raw[: len(raw) // 4 * 4], "<f4"), self.sums_size))


class TwoMinded(NormalPeople):
    """Offers a likelihood of judgments that its sums know nothing of."""

    def log_likelihood(self, theta, judgments):  # noqa: ARG002 - it says nothing
        return np.zeros(len(theta))


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (OtherName, "parameters"),
        (Shifted, "prior"),
        (Unseeded, "answers"),
        (Certain, "answers"),
        (Rich, "answers"),
        (Averaging, "additivity"),
        (Broken, "sums"),
        (Deaf, "identifiability"),
        (Wide, "state"),
        (Careless, "state"),
        (TwoMinded, "likelihood"),
    ],
)
def test_what_is_broken_is_named(kind, check):
    assert check in failed(kind(), people=50 if check == "identifiability" else 10)


def test_a_slow_simulator_is_named():
    """By a clock on which everything takes a minute."""
    ticks = itertools.count(0.0, 60.0)
    assert failed(NormalPeople(), clock=lambda: next(ticks)) == {"speed"}


def test_a_prior_without_a_width_is_named():
    class Pointed(NormalPeople):
        parameters = (Parameter("slope", "identity", 0.2, 0.0), NormalPeople.parameters[1])

    assert "parameters" in failed(Pointed(), people=10)


def test_the_command_says_it_all_in_json_and_by_its_exit_code(capsys):
    with pytest.raises(SystemExit) as ended:
        run(["simulators", "check", "lottery", "--people", "50", "--json"])
    assert ended.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["passed"]
    left = next(one for one in said["findings"] if one["check"] == "identifiability")["figures"]["sd_left"]
    shares = list(left["risk_aversion"].values())
    assert shares == sorted(shares, reverse=True)


def test_every_installed_simulator_is_listed(capsys):
    assert run(["simulators", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {"lottery", "executor"} <= set(rows)
    assert rows["executor"]["package"] == "bayesian-verifier"
