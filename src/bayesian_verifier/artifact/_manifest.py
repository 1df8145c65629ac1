"""What does a trained model say about itself?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = "manifest.json"
FUNCTION = "posterior.jaxexport"
WEIGHTS = "weights.npz"
REPORT = "report.json"
CHECKS = "checks.npz"
MISFIT = "misfit.json"


class ParameterNote(BaseModel):
    """One inferred parameter, its link and its normal prior on the link's scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    link: str
    prior_mean: float
    prior_sd: float


class Manifest(BaseModel):
    """What is written beside a model's files.

    features: what the numbers that the function reads are.   sums_size: how many of them are kept of a person.
    training: the settings it was trained with and how long it took.   quality: headline figures of
    report.json.   versions: of the packages that made it.   files: sha256 of every other file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    created: str
    simulator: str
    parameters: tuple[ParameterNote, ...]
    features: dict[str, Any]
    sums_size: int
    network: dict[str, Any]
    training: dict[str, Any]
    quality: dict[str, Any]
    versions: dict[str, str]
    files: dict[str, str]


def digest(path: Path) -> str:
    """Hexadecimal sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
