"""Environments of Gymnasium and processes in any language are executors; what goes wrong with one is said."""

from __future__ import annotations

import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from bayesian_verifier.cli import run
from bayesian_verifier.errors import CallerError, OperatorError
from bayesian_verifier.simulators.executor import (
    ExecutorSimulator,
    GymnasiumExecutor,
    ProcessExecutor,
    read_situations,
    recorded,
)

COINS = [sys.executable, str(Path(__file__).resolve().parents[2] / "examples" / "coin_executor.py")]


class Walk(gymnasium.Env):
    """A step is worth its action, and a bit of chance; the third ends the episode."""

    action_space = gymnasium.spaces.Discrete(2, start=1)
    observation_space = gymnasium.spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):  # noqa: ARG002 - Gymnasium's signature
        super().reset(seed=seed)
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        return self.at, action + self.np_random.integers(2), self.at == 3, False, {}


def test_an_environment_of_one_s_own_is_an_executor():
    """Each discrete action is a plan; an episode pays the sum of its rewards; a seed brings the same."""
    walk = GymnasiumExecutor(Walk())
    assert walk.plans == ("always_1", "always_2")
    paid = [walk.carry_out("always_2", seed) for seed in range(20)]
    assert set(paid) <= {6.0, 7.0, 8.0, 9.0}
    assert len(set(paid)) > 1
    assert paid == [walk.carry_out("always_2", seed) for seed in range(20)]


def test_policies_of_one_s_own_see_what_the_environment_shows():
    walk = GymnasiumExecutor(Walk(), {"growing": lambda at: at}, name="walk")
    assert walk.plans == ("growing",)
    assert 3.0 <= walk.carry_out("growing", 0) <= 6.0


def test_an_episode_without_an_end_is_ended():
    class Endless(Walk):
        def step(self, action):  # noqa: ARG002 - Gymnasium's signature
            return 0, 1.0, False, False, {}

    assert GymnasiumExecutor(Endless(), most_steps=25).carry_out("always_1", 0) == 25.0


def test_actions_that_are_not_discrete_need_policies():
    class Steered(Walk):
        action_space = gymnasium.spaces.Box(-1, 1)

    with pytest.raises(CallerError, match="policies"):
        GymnasiumExecutor(Steered())


def test_an_unknown_environment_is_said():
    with pytest.raises(CallerError, match="NoSuchThing"):
        GymnasiumExecutor.of_id("NoSuchThing-v0")


def test_a_recorded_environment_becomes_a_simulator(tmp_path):
    """By the command, from a registered id, to people who judge its plans."""
    file = tmp_path / "lake.jsonl"
    assert run(["simulators", "record", str(file), "--gymnasium", "FrozenLake-v1", "--runs", "60"]) == 0
    [situation] = read_situations(file)
    assert situation.name == "FrozenLake-v1"
    assert situation.payoffs.shape == (4, 60)


def test_a_process_is_an_executor(tmp_path):
    """Its plans pay what it says: a sure 1, or 3 half of the time."""
    with ProcessExecutor(COINS) as coins:
        situation = recorded(coins, 60, 0)
    assert situation.plans == ("sure", "risky")
    assert set(situation.payoffs[0]) == {1.0}
    assert set(situation.payoffs[1]) == {0.0, 3.0}
    simulator = ExecutorSimulator([situation], name="coins")
    cases = simulator.draw_cases(np.random.default_rng(0), 5)
    assert {case.id for case in cases} <= {"coins/sure", "coins/risky"}


HELLO = """print('{"v": 1, "name": "x", "plans": ["a", "b"]}', flush=True)\n"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("", "ended"),
        ("print('hello')", "JSON"),
        ("print('[]')", "object"),
        ("print('{\"v\": 2}')", "v 1"),
        ("print('{\"v\": 1}')", "list of plans"),
        ('print(\'{"v": 1, "error": "no oil"}\')', "no oil"),
        (HELLO + "input(); input()", "ended"),
        (HELLO + "input(); input(); print('{\"v\": 1}')", "payoff"),
        (HELLO + 'input(); input(); print(\'{"v": 1, "payoff": true}\')', "payoff"),
        (HELLO + 'input(); input(); print(\'{"v": 1, "payoff": NaN}\')', "payoff"),
        (HELLO + "input(); input(); input()", "within"),
    ],
)
def test_a_process_that_breaks_the_protocol_is_named_with_what_it_did(program, said):
    """And is never waited for without an end, nor left behind."""
    with (
        pytest.raises(OperatorError, match=said),
        ProcessExecutor([sys.executable, "-c", program], timeout=2.0 if said == "within" else 60.0) as x,
    ):
        x.carry_out("a", 0)


def test_a_program_that_is_not_there_is_said():
    with pytest.raises(OperatorError, match="cannot be started"):
        ProcessExecutor(["/no/such/program"])


def test_one_kind_of_executor_is_recorded_at_a_time(tmp_path):
    assert run(["simulators", "record", str(tmp_path / "x"), "--jobs", "--process", "true"]) == 2


def test_an_executor_that_hangs_at_its_end_is_killed():
    """Closing does not wait for it."""
    program = HELLO + "import time; time.sleep(600)"
    executor = ProcessExecutor([sys.executable, "-c", program])
    executor.close()
    assert executor._process.returncode == -9
