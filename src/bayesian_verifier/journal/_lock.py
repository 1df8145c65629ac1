"""Who may append now? One lock among processes, on a file beside the log.

The lock is the operating system's, so it dies with its holder. It sits on a file of its own because the log
may be replaced. Waiting is bounded: a holder that was stopped must not stop those who judge.
"""

from __future__ import annotations

import os
import time
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import lock_descriptor, unlock_descriptor

from bayesian_verifier.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIRST_PAUSE = 0.0001
_LONGEST_PAUSE = 0.0005


def lock_path(log: Path) -> Path:
    """The file whose lock guards a log."""
    return log.with_name(log.name + ".lock")


class ProcessLock:
    """An exclusive lock among processes; threads of one process need a lock of their own before it."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._fd: int | None = None
        _LIVING.add(self)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises JournalError when it cannot be had in time, OSError when not at all."""
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        descriptor = self._fd
        self._acquire(descriptor)
        try:
            yield
        finally:
            unlock_descriptor(descriptor)

    def _acquire(self, descriptor: int) -> None:
        if lock_descriptor(descriptor, blocking=False):
            return
        give_up = time.monotonic() + self._timeout
        pause = _FIRST_PAUSE
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() >= give_up:
                raise JournalError(f"{self._path}: held by another process for more than {self._timeout:g} s")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        """Give the descriptor back; the next use opens a new one."""
        if self._fd is not None:
            with suppress(OSError):
                os.close(self._fd)
            self._fd = None

    def __del__(self) -> None:
        self.close()


_LIVING: weakref.WeakSet[ProcessLock] = weakref.WeakSet()


def _forget_inherited_descriptors() -> None:
    """A forked child shares its parent's hold on a lock: it must neither use it nor keep it alive."""
    for lock in list(_LIVING):
        lock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_inherited_descriptors)
