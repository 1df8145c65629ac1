"""Files that go wrong at the call they are told to, and a disk that forgets what was not synced."""

from __future__ import annotations

import os
import signal
from functools import partial
from itertools import compress, product
from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal._files import Files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CALLS = ("open", "write", "pread", "fstat", "stat", "names", "ftruncate", "rename", "sync", "sync_directory")

Fault = "Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]"


class FaultyFiles(Files):
    """Makes the system's calls, and does something else with those for which `fault` is due.

    due: of the number of a call, from 1.   fault: gets the call's name, the call and its arguments.
    """

    def __init__(self, due: Callable[[int], bool], fault: Fault) -> None:
        self.calls: list[str] = []
        self._due, self._fault = due, fault

    def sync(self, fd: int) -> None:
        """Nothing: a test is not to wait for the real disk."""

    def sync_directory(self, directory: Path) -> None:
        """Nothing either."""

    def __getattribute__(self, name: str) -> object:
        found = super().__getattribute__(name)
        return partial(self._made, name, found) if name in _CALLS else found

    def _made(self, name: str, call: Callable[..., Any], *arguments: object) -> object:
        self.calls.append(name)
        if self._due(len(self.calls)):
            return self._fault(name, call, arguments)
        return call(*arguments)


def half_of(call: Callable[..., Any], arguments: tuple[Any, ...], share: float) -> int:
    """A write that takes only a part of what it is given."""
    fd, data = arguments
    return call(fd, data[: int(len(data) * share)])


def fails_with(number: int, share: float | None = None) -> Fault:
    """An error; with a share, a write takes so much and the next call fails."""

    def fault(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
        if name == "write" and share is not None:
            half_of(call, arguments, share)
        raise OSError(number, os.strerror(number))

    return fault


def short_write(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
    """A write that takes a part of its bytes and says so."""
    return half_of(call, arguments, 0.5) if name == "write" else call(*arguments)


def kills(share: float | None = None) -> Fault:
    """The process ends at once, as by `kill -9`; with a share, after so much of a write."""

    def fault(name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
        if name == "write" and share is not None:
            half_of(call, arguments, share)
        os.kill(os.getpid(), signal.SIGKILL)

    return fault


class ForgetfulDisk(FaultyFiles):
    """Notes what would be left if the machine stopped: contents as synced, and of the names' changes any.

    acknowledged: for the test to add to.   crashes: before and after each call, what had been promised by
    then, and the contents of the files that would be left.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(lambda _: True, self._noted)
        self._directory = directory
        self._contents: dict[int, bytes] = {}  # by inode
        self._names: dict[str, int] = {}
        self._changes: list[dict[str, int | None]] = []  # of names, since they were synced
        self.acknowledged: list[str] = []
        self.crashes: list[tuple[list[str], list[bytes]]] = []

    def _noted(self, name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> object:
        before = self._now()
        self._stop()
        done = call(*arguments)
        now = self._now()
        if name == "sync":
            inode = os.fstat(arguments[0]).st_ino
            here = next(one for one in self._directory.iterdir() if one.stat().st_ino == inode)
            self._contents[inode] = here.read_bytes()
        elif name == "sync_directory":
            self._names, self._changes = now, []
        elif now != before:
            changed = {one for one in before | now if before.get(one) != now.get(one)}
            self._changes.append({one: now.get(one) for one in changed})
        self._stop()
        return done

    def _now(self) -> dict[str, int]:
        return {one.name: one.stat().st_ino for one in self._directory.iterdir()}

    def _stop(self) -> None:
        """Changes of names may reach the disk in any order: any of them may be missing."""
        for some in product((False, True), repeat=len(self._changes)):
            names: dict[str, int | None] = dict(self._names)
            for change in compress(self._changes, some):
                names |= change
            left = [inode for name, inode in sorted(names.items()) if inode and name.endswith(".jsonl")]
            self.crashes.append((list(self.acknowledged), [self._contents.get(one, b"") for one in left]))
