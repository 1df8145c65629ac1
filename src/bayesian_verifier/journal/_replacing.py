"""How is a file replaced so that there is always the old one or the new one, and never half of either?"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from bayesian_verifier.journal._lock import ProcessLock
from bayesian_verifier.journal._segments import segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


# bytes that may be worked through while others wait to append: about a second
MOST_LOCKED = 8 << 20


def size_of(journals: Sequence[Path]) -> int:
    """Bytes in all files of some journals. Raises OSError."""
    return sum(file.stat().st_size for path in dict.fromkeys(journals) for file in segments(path))


def beside(path: Path) -> Path:
    """Where the successor of a file is written; one left by a killed process is written over."""
    return path.with_name(path.name + ".new")


def rewriting(path: Path, *, timeout: float = 10.0) -> ProcessLock:
    """The lock of those who rewrite a journal or add to it wholesale; appending does not need it."""
    return ProcessLock(path.with_name(path.name + ".rewrite.lock"), timeout=timeout)


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A new file to write, durable on leaving; removed when what writes it fails. Raises OSError."""
    try:
        with path.open("wb", buffering=1 << 20) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def put_in_place(new: Path, path: Path) -> None:
    """Rename the new file over the old one, whose rights it keeps, and make that durable. Raises OSError."""
    with suppress(FileNotFoundError):
        shutil.copymode(path, new)
    new.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable. Raises OSError."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
