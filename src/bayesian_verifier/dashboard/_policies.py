"""Which policies can be asked again what they would choose? The shipped one, and those in a directory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

_MOST_FILES = 200


class Policies:
    """Policies by version. directory: where their files lie, None for the shipped one alone. Safe among threads."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._shipped: Policy | None = None
        # by name, size and time of change
        self._read: dict[tuple[str, int, int], Policy | None] = {}

    def of(self, version: str) -> Policy | None:
        """The policy of a version, None where its file is not there."""
        with self._lock:
            if self._shipped is None:
                self._shipped = Policy.shipped()
            known = [self._shipped, *self._in_directory()]
        return next((one for one in known if one.version == version), None)

    def _in_directory(self) -> list[Policy]:
        if self._directory is None:
            return []
        try:
            files = sorted(self._directory.glob("*.npz"))[:_MOST_FILES]
            seen = {(one.name, (told := one.stat()).st_size, told.st_mtime_ns): one for one in files}
        except OSError:
            return []
        self._read = {
            key: self._read[key] if key in self._read else _readable(one) for key, one in seen.items()
        }
        return [one for one in self._read.values() if one is not None]


def _readable(file: Path) -> Policy | None:
    try:
        return Policy.read(file)
    except ArtifactError:
        return None
