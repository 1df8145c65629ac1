"""Where do models live, and which one is served?

`<root>/<name>/<version>/` holds a model, `<root>/<name>/current` and `previous` hold a version's name. A model is
written beside its place and renamed into it; `current` is replaced by a rename: no reader ever sees half of either.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bayesian_verifier.artifact._manifest import MANIFEST
from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class ModelStore:
    """Models under a root directory; the root need not exist to be read."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def path(self, name: str, version: str) -> Path:
        """Directory of a version, there or not. Raises ArtifactError for a name that could leave the store."""
        for part in (name, version):
            if not _NAME.fullmatch(part):
                raise ArtifactError(
                    f"{part!r} is no name of a model or version (letters, digits, '.', '_', '-')"
                )
        return self.root / name / version

    def versions(self, name: str) -> list[str]:
        """Versions that are complete, oldest first."""
        return sorted(
            p.parent.name for p in (self.root / name).glob(f"*/{MANIFEST}") if _NAME.fullmatch(p.parent.name)
        )

    def names(self) -> list[str]:
        """Models of which a version is complete."""
        return sorted(p.name for p in self.root.glob("*") if self.versions(p.name))

    def unserved(self, name: str) -> str:
        """What there is instead, for a model without a current version: its versions, or models of other names."""
        versions, others = self.versions(name), self.names()
        if versions or not others:
            return f"{self.root / name}: no current version (published: {', '.join(versions) or 'none'})"
        return f"{self.root / name}: no model of the name {name!r} (BV_MODEL_NAME may be {', '.join(others)})"

    def current(self, name: str) -> str | None:
        """The version that is served, if any."""
        return self._pointer(name, "current")

    def previous(self, name: str) -> str | None:
        """The version served before, if any."""
        return self._pointer(name, "previous")

    def promote(self, name: str, version: str) -> None:
        """Serve this version; what was served becomes `previous`. Raises ArtifactError if it is not there."""
        if not (self.path(name, version) / MANIFEST).is_file():
            known = ", ".join(self.versions(name)) or "none"
            raise ArtifactError(f"{self.root / name}: no version {version!r} (published: {known})")
        before = self.current(name)
        if before == version:
            return
        if before is not None:
            self._point(name, "previous", before)
        self._point(name, "current", version)

    def rollback(self, name: str) -> str:
        """Serve the previous version again, and tell which it is. Raises ArtifactError if there is none."""
        before = self.previous(name)
        if before is None:
            raise ArtifactError(f"{self.root / name}: there is no previous version to go back to")
        self.promote(name, before)
        return before

    @contextmanager
    def publishing(self, name: str, version: str) -> Iterator[Path]:
        """A directory to write a model into; it takes its place when the block ends well and vanishes otherwise."""
        target = self.path(name, version)
        if target.exists():
            raise ArtifactError(f"{target}: this version exists already")
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".publishing-", dir=target.parent))
        try:
            yield scratch
            scratch.chmod(0o755)
            scratch.rename(target)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def _pointer(self, name: str, which: str) -> str | None:
        try:
            version = (self.root / name / which).read_text().strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArtifactError(f"{self.root / name / which}: cannot be read ({error.strerror})") from error
        if not _NAME.fullmatch(version):
            raise ArtifactError(
                f"{self.root / name / which}: holds no version's name; "
                f"write one into it (published: {', '.join(self.versions(name)) or 'none'})"
            )
        return version

    def _point(self, name: str, which: str, version: str) -> None:
        file = self.root / name / which
        scratch = file.with_name(f".{which}-{os.getpid()}")
        scratch.write_text(version + "\n")
        scratch.replace(file)
