"""How does a model that was published under one name become a version of another?"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bayesian_verifier.artifact._manifest import MANIFEST
from bayesian_verifier.artifact._model import load_model

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.artifact._store import ModelStore


def adopted(directory: Path, store: ModelStore, name: str) -> str:
    """Publish the verified model in a directory under a name, bytes and version as they are; the version.

    What is current stays current. Raises ArtifactError where the model is damaged, or the version exists already.
    """
    manifest = load_model(directory).manifest
    with store.publishing(name, manifest.version) as scratch:
        for file in manifest.files:
            (scratch / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(directory / file, scratch / file)
        renamed = manifest.model_copy(update={"name": name})
        (scratch / MANIFEST).write_text(renamed.model_dump_json(indent=1))
        load_model(scratch)
    return manifest.version
