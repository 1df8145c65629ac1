"""Is a policy's file read as it stands, and is whatever else refused with a word on what to do?"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.policy import Policy
from policy.policy_files import ABOUT, arrays_of, written


def test_a_file_is_read_as_it_stands(tmp_path) -> None:
    """Its weights, what it says of itself, and its digest as the version."""
    path = written(tmp_path / "p.npz", 3)
    policy = Policy.read(path)
    assert policy.version == hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    assert (policy.about.arm, policy.about.known) == ("hybrid", ("mean", "sd"))
    for name, layers in policy.parts.items():
        for number, (weight, bias) in enumerate(layers):
            np.testing.assert_array_equal(weight, arrays_of(3)[f"{name}/{number}/weight"])
            np.testing.assert_array_equal(bias, arrays_of(3)[f"{name}/{number}/bias"])


def test_the_shipped_policy_is_one_that_reads_mean_and_sd() -> None:
    """And says where it comes from."""
    policy = Policy.shipped()
    assert policy.about.known == ("mean", "sd")
    assert policy.about.provenance


WRONG = {
    "another form": ({"v": 2}, None, "is no policy"),
    "the truth": ({"known": ["theta"]}, None, "reads theta"),
    "the outlook": ({"of_option": ["expected"]}, None, "reads expected"),
    "other places": ({"shown_at": [0.0, 1.0]}, None, "sees values at"),
    "no scale": ({"prior": {"mean": 0.5, "sd": 0.0}}, None, "is no policy"),
    "a part missing": ({}, {"ask/1/bias": None}, "is no policy"),
    "no number": ({}, {"ask/1/bias": np.full(8, np.nan, np.float32)}, "is no policy"),
    "text": ({}, {"ask/1/bias": np.array(["a"] * 8)}, "is no policy"),
    "objects": ({}, {"ask/1/bias": np.array([None] * 8)}, "is no policy"),
    "does not fit": ({}, {"ask/1/weight": np.zeros((8, 9), np.float32)}, "does not fit"),
    "a memory": ({}, {"context/0/weight": np.zeros((8, 35), np.float32)}, "context reads 35 numbers"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_policy_is_refused(tmp_path, name) -> None:
    """Whatever is wrong, by an error that an operator can act on."""
    about, change, said = WRONG[name]
    with pytest.raises(ArtifactError, match=said):
        Policy.read(written(tmp_path / "p.npz", change=change, **about))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_a_damaged_file_is_refused(tmp_path, content) -> None:
    """Cut short, or something else."""
    path = tmp_path / "p.npz"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="is no policy"):
        Policy.read(path)
    whole = written(tmp_path / "q.npz").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArtifactError, match="is no policy"):
        Policy.read(path)


def test_a_missing_file_is_refused(tmp_path) -> None:
    """With its name."""
    with pytest.raises(ArtifactError, match=r"nowhere\.npz: cannot be read"):
        Policy.read(tmp_path / "nowhere.npz")


def test_a_belief_is_told_on_the_scale_of_the_prior(tmp_path) -> None:
    """In its sd from its mean; as much of it as the policy reads; and beyond 10 no further."""
    policy = Policy.read(written(tmp_path / "p.npz", prior={"mean": 1.0, "sd": 2.0}))
    np.testing.assert_allclose(policy.known(2.0, 0.5), [[0.5, 0.25]])
    np.testing.assert_allclose(
        policy.known(np.array([1e300, -1e300]), np.array([1e300, 0.1])), [[4.5, 5], [-5.5, 0.05]]
    )
    assert Policy.read(written(tmp_path / "m.npz", known=["mean"])).known(2.0, 0.5).shape == (1, 1)
    assert Policy.read(written(tmp_path / "n.npz", known=[])).known(2.0, 0.5).shape == (1, 0)


def test_temperature_is_one_half_way_to_certainty(tmp_path) -> None:
    """exp(slope · (σ/σ₀ − ½))."""
    policy = Policy.read(written(tmp_path / "p.npz", temperature=1.0))
    assert policy.temperature(0.5) == 1.0
    assert policy.temperature(1.5) == pytest.approx(np.e)
    assert ABOUT["temperature"] == 0.0
    assert Policy.read(written(tmp_path / "q.npz")).temperature(1.5) == 1.0
