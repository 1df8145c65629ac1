"""Does an engine give every result once, with its task, and is a worker with other versions refused?"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.engine import LOCAL, LocalEngine, in_order
from bayesian_verifier.engine._versions import differences, versions

if TYPE_CHECKING:
    import random

PROGRAM = str(Path(sys.executable).with_name("bayesian-verifier"))


@given(st.integers(0, 40), st.randoms(use_true_random=False))
def test_results_come_in_the_order_of_their_tasks(count: int, chance: random.Random) -> None:
    """In whatever order they were done."""
    done = [(number, number * number) for number in range(count)]
    chance.shuffle(done)
    assert list(in_order(done)) == [number * number for number in range(count)]


def test_a_result_is_there_as_soon_as_those_before_it_are() -> None:
    """The third task is done first: nothing yet; with the first it and no more is told."""
    done = iter([(2, "c"), (0, "a"), (1, "b")])
    told = in_order(done)
    assert next(told) == "a"
    assert next(done) == (1, "b")


def test_the_local_engine_does_one_task_when_its_result_is_asked_for() -> None:
    """So that what was done before an interruption is kept."""
    begun: list[int] = []

    def noted(task: int) -> int:
        begun.append(task)
        return -task

    results = LOCAL.results(noted, [5, 6])
    assert begun == []
    assert next(results) == (0, -5)
    assert begun == [5]


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_function_raises_is_raised(threads: int) -> None:
    """The second task is one too many."""
    with pytest.raises(ZeroDivisionError):
        list(LocalEngine(threads=threads).results(lambda task: 1 / task, [1, 0]))


def test_threads_do_so_many_tasks_at_a_time_and_each_once() -> None:
    """Three that wait for one another are done, which one after the other never would be."""
    together = threading.Barrier(3)

    def waited(task: int) -> int:
        together.wait(timeout=30)
        return task + 100

    assert dict(LocalEngine(threads=3).results(waited, [7, 8, 9])) == {0: 107, 1: 108, 2: 109}


def test_a_worker_with_other_versions_is_named() -> None:
    """One that differs and one that is missing; what only the worker has does not matter."""
    here = versions()
    assert here["numpy"] == np.__version__
    assert differences(here, here) == []
    assert differences(here, here | {"keras": "0.1", "another": "1"})[0].startswith("keras 0.1 in place of")
    assert differences({"jax": "1"}, {}) == ["jax is missing in place of 1"]


def test_a_model_that_was_sent_gives_the_same_numbers() -> None:
    """The exported function, pickled and read again, to the last bit."""
    from bayesian_verifier.artifact import ModelStore, load_model
    from bayesian_verifier.settings import model_store, read_settings

    store = ModelStore(model_store(read_settings({})))
    function = load_model(store.path("bayesian-verifier", store.current("bayesian-verifier") or "")).function
    sent = pickle.loads(pickle.dumps(function))  # noqa: S301 - our own
    rng = np.random.default_rng(0)
    sums = rng.random((1, function.sums_size), np.float32)
    noise = rng.standard_normal((64, function.parameters), np.float32)
    for ours, theirs in zip(function(sums, noise), sent(sums, noise), strict=True):
        if ours is not None:
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--workers", "2"), "--workers is for --engine ray"),
        (("--address", "here:1"), "--address is for --engine ray"),
        (("--engine", "ray", "--address", "here:1", "--workers", "2"), "--workers is for a cluster that is"),
    ],
)
def test_options_that_say_nothing_are_refused(words: tuple[str, ...], told: str) -> None:
    """Exit code 2, before anything is simulated."""
    done = subprocess.run([PROGRAM, "simulate", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
