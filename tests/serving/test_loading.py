"""From a store on disk to a model that answers at full speed."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import current_pointer, verified_model, why_not_writable
from bayesian_verifier.serving._loading import settle_memory
from serving.closed_form import publish

if TYPE_CHECKING:
    from pathlib import Path


def test_the_current_version_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    """After a rollback, the one before."""
    store = publish(tmp_path, "v1", "v2")
    assert verified_model(tmp_path, "closed-form").manifest.version == "v2"
    store.rollback("closed-form")
    assert verified_model(tmp_path, "closed-form").manifest.version == "v1"


def test_a_store_without_a_current_version_says_what_to_do(tmp_path: Path) -> None:
    """Where it looked, what there is, and two ways out."""
    publish(tmp_path, "v1")
    (tmp_path / "closed-form" / "current").unlink()
    with pytest.raises(
        ArtifactError, match=r"closed-form: no current version \(published: v1\).*train.*BV_MODEL_STORE"
    ):
        verified_model(tmp_path, "closed-form")


def test_a_name_that_no_model_has_is_said_beside_those_that_there_are(tmp_path: Path) -> None:
    """Most likely it is a slip, and nothing is to be trained; what is not complete is no model."""
    publish(tmp_path, "v1")
    (tmp_path / "half").mkdir()
    with pytest.raises(
        ArtifactError, match=r"no model of the name 'clothed' \(BV_MODEL_NAME may be closed-form\)"
    ):
        verified_model(tmp_path, "clothed")
    with pytest.raises(ArtifactError, match=r"none: no current version \(published: none\)"):
        verified_model(tmp_path / "empty", "none")


def test_a_pointer_that_holds_no_name_is_said_with_those_that_it_may_hold(tmp_path: Path) -> None:
    """No command that reads the store could list them."""
    publish(tmp_path, "v1", "v2")
    (tmp_path / "closed-form" / "current").write_text("no name")
    with pytest.raises(ArtifactError, match=r"current: holds no version's name; .* \(published: v1, v2\)$"):
        verified_model(tmp_path, "closed-form")


def test_a_collection_does_not_search_what_stays() -> None:
    """Once settled, next to nothing is left to search; before, it was every object of JAX."""
    gc.unfreeze()  # another test may have loaded a model
    searched_before = len(gc.get_objects())
    settle_memory()
    searched_after = len(gc.get_objects())
    gc.unfreeze()
    assert searched_before > 50_000
    assert searched_after < searched_before / 50


def test_a_directory_that_can_be_written_is_made_and_left_as_it_was(tmp_path: Path) -> None:
    """And the reason is said where it cannot."""
    assert why_not_writable(tmp_path / "a" / "b") is None
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    assert "irectory" in (why_not_writable(tmp_path / "file" / "b") or "")


@pytest.mark.parametrize(("said", "threads"), [(None, 1), ("3", 3)])
def test_steps_are_not_cut_up_among_threads_unless_the_environment_says_so(
    said: str | None, threads: int
) -> None:
    """One thread in XLA's pool, however many cores there are; and nothing is left in the environment."""
    program = (
        "import os; before = dict(os.environ);"
        "from bayesian_verifier.serving._loading import configure_jax; configure_jax(None);"
        "assert 'PJRT_NPROC' not in os.environ or 'PJRT_NPROC' in before;"
        "names = [open(f'/proc/self/task/{task}/comm').read() for task in os.listdir('/proc/self/task')];"
        "print(sum('XLAEigen' in name for name in names))"
    )
    environ = {name: value for name, value in os.environ.items() if name != "PJRT_NPROC"}
    environ |= {} if said is None else {"PJRT_NPROC": said}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) == threads


def test_importing_the_service_imports_neither_jax_nor_a_prover() -> None:
    """They come with the model, in the loading thread; the process answers before."""
    heavy = ("jax", "keras", "bayesflow", "z3", "uvloop")
    program = f"import sys, bayesian_verifier.serving; print(*(n for n in {heavy} if n in sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""


def test_what_a_store_names_is_seen_to_change_whenever_it_is_written(tmp_path: Path) -> None:
    """Another version, the same one written again, nothing there, nonsense; and it never raises."""
    store = publish(tmp_path, "v1", "v2")
    file = tmp_path / "closed-form" / "current"
    seen = [current_pointer(tmp_path, "closed-form")]
    assert seen[0] == current_pointer(tmp_path, "closed-form")
    store.rollback("closed-form")
    seen.append(current_pointer(tmp_path, "closed-form"))
    os.utime(file, ns=(1, 1))
    seen.append(current_pointer(tmp_path, "closed-form"))
    file.write_text("../../etc")
    seen.append(current_pointer(tmp_path, "closed-form"))
    file.unlink()
    seen.append(current_pointer(tmp_path, "closed-form"))
    assert [pointer.version for pointer in seen] == ["v2", "v1", "v1", None, None]
    assert len(set(seen)) == len(seen)
    assert current_pointer(tmp_path / "none", "closed-form").version is None


@pytest.mark.parametrize("field", ["name", "version"])
def test_a_model_under_anothers_name_is_refused(tmp_path: Path, field: str) -> None:
    """A directory copied by hand: replies would name a version that is not the one served."""
    publish(tmp_path, "v1")
    file = tmp_path / "closed-form" / "v1" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {field: "other"}))
    with pytest.raises(ArtifactError, match=r"v1: the manifest is of .*other"):
        verified_model(tmp_path, "closed-form")
