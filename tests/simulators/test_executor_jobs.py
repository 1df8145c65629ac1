"""The bundled executor does real work with real processes, some of which are taken away."""

from __future__ import annotations

import time
import zlib

import numpy as np
import pytest

from bayesian_verifier.errors import CallerError
from bayesian_verifier.simulators.executor import (
    PLANS,
    RECORDED,
    JobRunner,
    Run,
    agree,
    gaps,
    read_runs,
    write_runs,
)
from bayesian_verifier.simulators.executor._worker import CHUNKS, JOBS, chunk

LIVE = 50


@pytest.fixture(scope="module")
def live():
    """Fifty runs, carried out here and now: every plan ten times."""
    return list(JobRunner(time.monotonic).rounds(np.random.default_rng(3), LIVE // len(PLANS)))


@pytest.fixture(scope="module")
def recorded():
    return read_runs(RECORDED)


def test_jobs_do_what_they_say():
    """Primes by a sieve, noise by the generator's own recurrence in NumPy, sorted by NumPy."""
    top = 10_001 + 7_000 * CHUNKS
    is_prime = np.ones(top + 1, bool)
    is_prime[:2] = False
    for n in range(2, int(top**0.5) + 1):
        is_prime[n * n :: n] = False
    start = 10_001 + 7_000 * 5
    assert chunk("primes", 5) == is_prime[start : start + 7_000 : 2].sum()
    value, noise = np.uint64(6 * 2_654_435_761 % 2**32), []
    for _ in range(16_000):
        value = (np.uint64(1_664_525) * value + np.uint64(1_013_904_223)) % np.uint64(2**32)
        noise.append(value)
    assert chunk("sort", 5) == zlib.crc32(np.sort(noise)[::16].astype("<u4").tobytes())


def test_live_runs_agree_with_the_recorded_ones(live, recorded):
    """Fifty of them, by a two-sample test of each plan."""
    found = gaps(recorded, live, np.random.default_rng(0))
    assert sum(one.live for one in found) == LIVE
    assert agree(found), found


def test_a_gap_is_seen(live, recorded):
    """Were work a half dearer than recorded, the same test would say so."""
    dearer = [
        Run(**{**_fields(run), "spot": tuple(1.5 * t for t in run.spot), "reserved": 1.5 * run.reserved})
        for run in live
    ]
    assert not agree(gaps(recorded, dearer, np.random.default_rng(0)))


def _fields(run):
    return {name: getattr(run, name) for name in Run.__slots__}


def test_plans_differ_as_they_must(live, recorded):
    """Spot workers are taken away, reserved ones never; checkpoints save work; halves are done at the same time."""
    assert {run.plan for run in live} == {plan.name for plan in PLANS}
    took = {plan.name: [run for run in recorded if run.plan == plan.name] for plan in PLANS}
    assert all(run.attempts == 1 and run.finished for run in took["reserved"])
    assert max(run.attempts for run in took["spot"]) > 2
    assert {run.attempts for run in took["spot_then_reserved"]} == {1, 2}
    mean = {name: np.mean([run.total for run in runs]) for name, runs in took.items()}
    assert mean["reserved"] == pytest.approx(1.0, abs=0.1)
    assert mean["reserved"] < mean["spot_checkpointed"] < mean["spot"]
    paths = {name: np.mean([run.path for run in runs]) for name, runs in took.items()}
    assert paths["spot_halves"] < paths["spot"]
    for job in JOBS:
        assert sum(run.job == job for run in recorded) >= 100


def test_runs_read_back_as_they_were_written(tmp_path, live):
    """The same bytes each time; a line that is no run is named."""
    first, second = tmp_path / "a.gz", tmp_path / "b.gz"
    write_runs(first, live)
    write_runs(second, read_runs(first))
    assert first.read_bytes() == second.read_bytes()
    assert read_runs(first) == live
    (tmp_path / "c.gz").write_bytes(b"nothing")
    with pytest.raises(CallerError, match=r"c\.gz"):
        read_runs(tmp_path / "c.gz")
