"""From a store on disk to a model that answers at full speed."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.serving import verified_model, why_not_writable
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


def test_importing_the_service_imports_neither_jax_nor_a_prover() -> None:
    """They come with the model, in the loading thread; the process answers before."""
    heavy = ("jax", "keras", "bayesflow", "z3", "uvloop")
    program = f"import sys, bayesian_verifier.serving; print(*(n for n in {heavy} if n in sys.modules))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
