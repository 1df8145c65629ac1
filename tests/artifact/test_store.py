"""A store never shows half a model, and a damaged one says which file and what to do."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.errors import ArtifactError
from serving.closed_form import (
    ClosedFormSimulator,
    LikelySimulator,
    closed_form_model,
    publish,
    typical_people,
)

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
NAME = "bayesian-verifier"


@pytest.fixture
def model_directory(tmp_path):
    """A copy of the shipped model that a test may damage."""
    shipped = ModelStore(SHIPPED)
    copy = tmp_path / "model"
    shutil.copytree(shipped.path(NAME, shipped.current(NAME)), copy)
    return copy


def test_the_shipped_model_is_whole_and_small():
    """Every file matches its sha256, and all of them take no more than 5 MB."""
    store = ModelStore(SHIPPED)
    path = store.path(NAME, store.current(NAME))
    assert load_model(path).manifest.version == store.current(NAME)
    assert sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) <= 5e6


@pytest.mark.parametrize(
    "name", ["posterior.jaxexport", "weights.npz", "report.json", "checks.npz", "misfit.json"]
)
def test_one_flipped_byte_is_noticed_and_named(model_directory, name):
    """Whatever file is altered, the error names it and a remedy."""
    file = model_directory / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"{name}.*sha256.*(publish|roll back)"):
        load_model(model_directory)


def test_a_missing_file_is_named(model_directory):
    """A file that is gone is named."""
    (model_directory / "weights.npz").unlink()
    with pytest.raises(ArtifactError, match=r"weights\.npz: missing"):
        load_model(model_directory)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 3}', b"\xff\xfe"])
def test_a_damaged_manifest_is_named(model_directory, content):
    """Whatever the manifest became, the error names it."""
    (model_directory / "manifest.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        load_model(model_directory)


def test_a_function_this_jax_cannot_read_says_how_to_export_it_again(model_directory):
    """Bytes that match their sha256 and are no exported function are the export's fault."""
    (model_directory / "posterior.jaxexport").write_bytes(b"from another age")
    manifest = json.loads((model_directory / "manifest.json").read_text())
    manifest["files"]["posterior.jaxexport"] = hashlib.sha256(b"from another age").hexdigest()
    (model_directory / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match="cannot read the exported function"):
        load_model(model_directory)


@pytest.mark.parametrize("listed", [False, True])
def test_typicality_is_read_where_the_manifest_lists_it(tmp_path, listed):
    """As it was written, in single precision; without it there is none."""
    table = typical_people()
    store = publish(tmp_path, "v1", typicality=table if listed else None)
    found = load_model(store.path("closed-form", "v1")).typicality
    if not listed:
        assert found is None
        return
    assert found.kinds == ("any",)
    for name in ("sizes", "mean", "whitening", "distances"):
        assert getattr(found, name) == pytest.approx(getattr(table, name), rel=1e-6)


def test_typicality_that_is_not_listed_is_not_read(tmp_path):
    """A file that somebody laid beside the others."""
    store = publish(tmp_path, "v1")
    (store.path("closed-form", "v1") / "checks.npz").write_bytes(b"x")
    assert load_model(store.path("closed-form", "v1")).typicality is None


def npz(**arrays: object) -> bytes:
    written = io.BytesIO()
    np.savez(written, allow_pickle=True, **arrays)
    return written.getvalue()


def altered(**changes: object) -> bytes:
    return npz(**(typical_people().to_arrays() | changes))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"from another age",
        npz(kinds=np.array(["any"])),
        npz(kinds=np.array(["any"]), sizes=np.ones(2))[:-40],
        npz(kinds=np.array(["any"]), sizes=np.ones(999))[:2000],
        altered(mean=np.zeros((1, 2, 3))),
        altered(whitening=np.zeros((1, 2, 1))),
        altered(distances=np.zeros((1, 2, 5))),
        altered(kinds=np.array([{"an": "object"}])),
    ],
)
def test_typicality_that_cannot_be_read_is_named(tmp_path, content):
    """Though it matches its sha256: nothing, rubbish, cut off, arrays missing or of other shapes, pickles."""
    store = publish(tmp_path, "v1", typicality=typical_people())
    directory = store.path("closed-form", "v1")
    (directory / "checks.npz").write_bytes(content)
    manifest = json.loads((directory / "manifest.json").read_text())
    manifest["files"]["checks.npz"] = hashlib.sha256(content).hexdigest()
    (directory / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"checks\.npz: cannot be read.*(publish|roll back)"):
        load_model(directory)


def misfit_changed(**changes: object) -> bytes:
    """The calibration that ships, with some of it altered."""
    shipped = ModelStore(SHIPPED)
    content = json.loads((shipped.path(NAME, shipped.current(NAME)) / "misfit.json").read_text())
    return json.dumps(content | changes).encode()


def with_misfit(directory: Path, content: bytes, *, listed: bool = True) -> None:
    """Put a calibration beside a model's other files."""
    (directory / "misfit.json").write_bytes(content)
    manifest = json.loads((directory / "manifest.json").read_text())
    if listed:
        manifest["files"]["misfit.json"] = hashlib.sha256(content).hexdigest()
    (directory / "manifest.json").write_text(json.dumps(manifest))


def test_a_misfit_calibration_comes_along_where_it_is_listed(tmp_path):
    """As it was written; a file that nobody lists is not read, and without one there is no check."""
    directory = publish(tmp_path, "v1").path("closed-form", "v1")
    assert load_model(directory).misfit is None
    with_misfit(directory, b"x", listed=False)
    assert load_model(directory).misfit is None
    content = misfit_changed()
    with_misfit(directory, content)
    found = load_model(directory).misfit
    assert found is not None
    assert found.to_json() == json.loads(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"{}",
        misfit_changed(rivals=3),
        misfit_changed(levels=[0.5]),
        misfit_changed(tables=[{}]),
        misfit_changed(rivals=["random_answers"]),
    ],
)
def test_a_misfit_calibration_that_cannot_be_read_is_named(tmp_path, content):
    """Though it matches its sha256: nothing, no JSON, another kind of value, parts missing or that do not fit."""
    directory = publish(tmp_path, "v1").path("closed-form", "v1")
    with_misfit(directory, content)
    with pytest.raises(ArtifactError, match=r"misfit\.json: cannot be read.*(publish|roll back)"):
        load_model(directory)


@pytest.mark.parametrize("name", ["posterior.jaxexport", "checks.npz"])
def test_one_flipped_byte_of_a_small_model_is_noticed_and_named(tmp_path, name):
    """The file and a remedy."""
    store = publish(tmp_path, "v1", typicality=typical_people())
    file = store.path("closed-form", "v1") / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"{name}.*sha256.*(publish|roll back)"):
        load_model(file.parent)


def test_an_older_manifest_is_named(tmp_path):
    """One that says `feature_width` and `state_size`: publish it again."""
    directory = publish(tmp_path, "v1").path("closed-form", "v1")
    manifest = json.loads((directory / "manifest.json").read_text())
    del manifest["sums_size"]
    manifest |= {"feature_width": 99, "state_size": 2688}
    (directory / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"manifest\.json: .*(publish|roll back)"):
        load_model(directory)


def test_a_function_gives_what_its_interface_says_for_any_sizes():
    """B people, D draws and Q points: shapes, and the draws' density is that of the same points asked about."""
    function = closed_form_model().function
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((7, 2)).astype(np.float32)
    sums = np.array([[0, 0], [3, 1.5], [512, -40]], np.float32)
    said = function(sums, noise)
    assert [np.shape(part) for part in said[:4]] == [(3, 7, 2), (3, 7), (3, 1), (3, 1)]
    assert said.log_likelihood is None
    for person in range(3):
        again = function(sums[person : person + 1], noise, np.asarray(said.theta[person]))
        assert np.shape(again.query_density) == (1, 7)
        assert np.asarray(again.query_density)[0] == pytest.approx(
            np.asarray(said.log_density)[person], abs=1e-4
        )
        assert np.asarray(again.theta)[0] == pytest.approx(np.asarray(said.theta)[person], abs=1e-6)


def test_a_likelihood_beside_the_function_is_that_of_its_draws():
    """One person, seven draws: what the function says stays, and of three rewards that sum to 1.5 comes N(3r, 3)."""
    function = closed_form_model().function
    noise = np.random.default_rng(1).standard_normal((7, 2)).astype(np.float32)
    sums = np.array([[3, 1.5]], np.float32)
    alone, beside = (
        function.compile_beside(7, simulator.log_likelihood_of_sums)(sums, noise)
        for simulator in (ClosedFormSimulator(), LikelySimulator())
    )
    expected = function(sums, noise)
    for said in (alone, beside):
        assert np.asarray(said.theta) == pytest.approx(np.asarray(expected.theta), abs=1e-6)
        assert np.asarray(said.log_density) == pytest.approx(np.asarray(expected.log_density), abs=1e-5)
        assert np.asarray(said.summary) == pytest.approx(np.asarray(expected.summary), abs=1e-6)
    assert alone.log_likelihood is None
    r = np.asarray(beside.theta)[0, :, 0]
    found = np.asarray(beside.log_likelihood)
    assert found.shape == (1, 7)
    exact = stats.norm.logpdf(1.5, 3 * r, np.sqrt(3.0)) - stats.norm.logpdf(1.5, 0.0, np.sqrt(3.0))
    assert found[0] == pytest.approx(exact, abs=1e-5)


def test_an_xla_that_does_not_know_an_option_does_without():
    """Options change speed alone: with one that no XLA has, the draws are the same."""
    function = closed_form_model().function
    noise, sums = np.zeros((5, 2), np.float32), np.array([[3, 1.5]], np.float32)
    likelihood = LikelySimulator().log_likelihood_of_sums
    said = function.compile_beside(5, likelihood, {"xla_cpu_no_such_option": "1"})(sums, noise)
    expected = function.compile_beside(5, likelihood)(sums, noise)
    assert np.asarray(said.theta) == pytest.approx(np.asarray(expected.theta), abs=1e-6)


def write_model(store: ModelStore, version: str) -> None:
    with store.publishing(NAME, version) as directory:
        (directory / "manifest.json").write_text("{}")


def test_promote_and_rollback_keep_the_one_before(tmp_path):
    """The version before is `previous`, and rolling back exchanges the two."""
    store = ModelStore(tmp_path)
    for version in ("a", "b"):
        write_model(store, version)
        store.promote(NAME, version)
    assert (store.current(NAME), store.previous(NAME)) == ("b", "a")
    assert store.rollback(NAME) == "a"
    assert (store.current(NAME), store.previous(NAME)) == ("a", "b")


def test_a_model_that_failed_while_being_written_is_never_seen(tmp_path):
    """An error inside the block leaves no version and no scratch directory."""
    store = ModelStore(tmp_path)

    def write_half() -> None:
        with store.publishing(NAME, "half") as directory:
            (directory / "manifest.json").write_text("{}")
            assert "half" not in store.versions(NAME)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert store.versions(NAME) == []
    assert list((tmp_path / NAME).iterdir()) == []


def test_promoting_what_is_not_there_names_what_is(tmp_path):
    """The error lists the versions that exist."""
    store = ModelStore(tmp_path)
    write_model(store, "a")
    with pytest.raises(ArtifactError, match="published: a"):
        store.promote(NAME, "b")


@pytest.mark.parametrize("version", ["..", "../../etc", "a/b", "", ".hidden", "a" * 200])
def test_no_name_leads_out_of_the_store(tmp_path, version):
    """Names that could leave the store are refused."""
    with pytest.raises(ArtifactError, match="no name"):
        ModelStore(tmp_path).path(NAME, version)
