"""A second version of the shipped model, made in no time: only what its manifest says of the prior differs.

With no judgments the posterior is the prior of the manifest, so that the two cannot be mistaken for one another.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore

SHIPPED = Path(bayesian_verifier.__file__).parent / "shipped_models"
NAME = "bayesian-verifier"
SECOND = "2099-01-01T00-00-00Z-000000000002"
SHIFT = 0.5


def shipped_store(root: Path) -> tuple[ModelStore, str]:
    """A copy of the shipped store, and the version that is current in it."""
    shutil.copytree(SHIPPED, root)
    store = ModelStore(root)
    version = store.current(NAME)
    assert version is not None
    return store, version


def add_second(store: ModelStore, version: str = SECOND) -> str:
    """Publish the second version, which is not yet current."""
    current = store.current(NAME)
    assert current is not None
    first = store.path(NAME, current)
    manifest = json.loads((first / "manifest.json").read_bytes())
    manifest["version"] = version
    manifest["parameters"][0]["prior_mean"] += SHIFT
    # the tables of the misfit check belong to the prior
    del manifest["files"]["misfit.json"]
    with store.publishing(NAME, version) as directory:
        for name in manifest["files"]:
            (directory / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(first / name, directory / name)
        (directory / "manifest.json").write_text(json.dumps(manifest))
    return version


def prior_mean(store: ModelStore, version: str) -> float:
    """Of risk aversion, as the manifest of a version has it."""
    manifest = json.loads((store.path(NAME, version) / "manifest.json").read_bytes())
    mean: float = manifest["parameters"][0]["prior_mean"]
    return mean


def damage(store: ModelStore, version: str) -> Path:
    """Flip one byte of a version's function; the file."""
    file = store.path(NAME, version) / "posterior.jaxexport"
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    return file
