"""Is a model directory whole, and what does it hold?"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import ValidationError

from bayesian_verifier.artifact._function import PosteriorFunction
from bayesian_verifier.artifact._manifest import CHECKS, FUNCTION, MANIFEST, MISFIT, Manifest, digest
from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.posterior import MisfitCalibration, TypicalityTable

if TYPE_CHECKING:
    from pathlib import Path

_MEND = "publish the model again, or roll back with `bayesian-verifier models rollback`"


class Model(NamedTuple):
    """A verified model: what it says of itself, its function, and what its checks compare evidence with."""

    manifest: Manifest
    function: PosteriorFunction
    typicality: TypicalityTable | None = None
    misfit: MisfitCalibration | None = None


def load_model(path: Path) -> Model:
    """Read and verify the model in a directory.

    Raises ArtifactError, naming the file and the remedy, when one is missing, altered or unreadable.
    """
    manifest = read_manifest(path)
    for name, expected in manifest.files.items():
        file = path / name
        if not file.is_file():
            raise ArtifactError(f"{file}: missing; {_MEND}")
        if digest(file) != expected:
            raise ArtifactError(
                f"{file}: does not match the sha256 in {MANIFEST}, so it was altered; {_MEND}"
            )
    if FUNCTION not in manifest.files:
        raise ArtifactError(f"{path / MANIFEST}: lists no {FUNCTION}; {_MEND}")
    function = PosteriorFunction(
        (path / FUNCTION).read_bytes(),
        sums_size=manifest.sums_size,
        parameters=len(manifest.parameters),
    )
    typicality = _typicality(path / CHECKS) if CHECKS in manifest.files else None
    misfit = _misfit(path / MISFIT) if MISFIT in manifest.files else None
    return Model(manifest, function, typicality, misfit)


def _typicality(file: Path) -> TypicalityTable:
    try:
        # of a file that is no archive numpy would leave the handle open
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
            return TypicalityTable.of_arrays(arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{file}: cannot be read ({error}); {_MEND}") from error


def _misfit(file: Path) -> MisfitCalibration:
    try:
        return MisfitCalibration.from_json(json.loads(file.read_bytes()))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file}: cannot be read ({error}); {_MEND}") from error


def read_manifest(path: Path) -> Manifest:
    """The manifest of a model directory. Raises ArtifactError."""
    file = path / MANIFEST
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ArtifactError(f"{file}: cannot be read ({error.strerror}); {_MEND}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"])) or "top level"
        raise ArtifactError(f"{file}: {where}: {first['msg']}; {_MEND}") from error
