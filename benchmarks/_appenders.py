"""Who appends lines to a file that several processes share, and what does each of them promise?

As a program: one process's share of a measurement. It says that it is ready, waits for a line on stdin,
appends, and says how many seconds that took.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import logging
import logging.handlers
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

# some 700 bytes, as a judgment's line has
FIELDS = {"subject": "ada", "chosen": 0, "values": [0.61, 0.18, 0.33], "comment": "x" * 480}
ROTATE_BYTES = 4 << 20


class Subject(NamedTuple):
    """Something that appends. survives: what loses nothing.   make: what appends a line to a path."""

    title: str
    survives: str
    processes: str
    rotates: bool
    make: Callable[[str], Callable[[], object]]


class SyncedHandler(logging.FileHandler):
    """`logging` has no handler that syncs; this is the shortest that does."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line and wait for the disk."""
        super().emit(record)
        os.fdatasync(self.stream.fileno())


class LockedHandler(logging.handlers.WatchedFileHandler):
    """One that follows a rotation, and that takes turns with other processes."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._turn = os.open(path + ".lock", os.O_RDWR | os.O_CREAT)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line while nobody else does."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            super().emit(record)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)


class LockedSyncedHandler(LockedHandler):
    """And that waits for the disk: the guarantees of policy "always"."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line while nobody else does, then wait for the disk."""
        super().emit(record)
        os.fdatasync(self.stream.fileno())


def _journal(fsync: str) -> Callable[[str], Callable[[], object]]:
    def make(path: str) -> Callable[[], object]:
        journal = Journal(path, fsync=fsync, rotate_bytes=ROTATE_BYTES, lock_timeout=60.0)  # type: ignore[arg-type]
        return lambda: journal.append("trace", FIELDS)

    return make


def _logging(handler: Callable[[str], logging.Handler]) -> Callable[[str], Callable[[], object]]:
    def make(path: str) -> Callable[[], object]:
        logger = logging.getLogger("bench")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(handler(path))
        # a time, a writer and an id, as the journal gives each line
        writer = str(os.getpid())

        def append() -> None:
            event = {"id": os.urandom(16).hex(), "ts": time.time(), "writer": writer, **FIELDS}
            logger.info("%s", json.dumps(event))

        return append

    return make


def _rotating(path: str) -> logging.Handler:
    return logging.handlers.RotatingFileHandler(path, maxBytes=ROTATE_BYTES, backupCount=1000)


KILL, POWER = "a killed process", "a machine that stops"
SUBJECTS = {
    "never": Subject("Journal, never", KILL, "any number", True, _journal("never")),
    "interval": Subject(
        "Journal, interval", f"{KILL}; {POWER}: 1 s", "any number", True, _journal("interval")
    ),
    "always": Subject("Journal, always", f"{KILL}, {POWER}", "any number", True, _journal("always")),
    "file": Subject("FileHandler", KILL, "by luck", False, _logging(logging.FileHandler)),
    "watched": Subject(
        "WatchedFileHandler", KILL, "by luck", False, _logging(logging.handlers.WatchedFileHandler)
    ),
    "rotating": Subject("RotatingFileHandler", KILL, "one", True, _logging(_rotating)),
    "locked": Subject("WatchedFileHandler, locked", KILL, "any number", False, _logging(LockedHandler)),
    "synced": Subject("FileHandler, synced", f"{KILL}, {POWER}", "by luck", False, _logging(SyncedHandler)),
    "locked_synced": Subject(
        "WatchedFileHandler, locked, synced",
        f"{KILL}, {POWER}",
        "any number",
        False,
        _logging(LockedSyncedHandler),
    ),
}


def main() -> None:
    """One process's share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("path")
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    append = SUBJECTS[arguments.subject].make(arguments.path)
    append()
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    for _ in range(arguments.count):
        append()
    print(start, time.monotonic(), flush=True)


if __name__ == "__main__":
    main()
