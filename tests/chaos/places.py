"""Where do the processes of a storm meet, and how are they waited for and ended?"""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 180.0  # seconds for anything to begin or to end: a busy machine compiles for two minutes
ROTATE_BYTES = 1 << 20  # of a file of the journal: some rotations in seconds, hundreds in a soak


def end_group(process: subprocess.Popen[bytes]) -> None:
    """No process of the group is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(happened: Callable[[], bool], what: str) -> None:
    """Return when it has happened. Raises TimeoutError."""
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not begin within {PATIENCE:g} s")
        time.sleep(0.02)


def has_begun(said: Path) -> bool:
    """Whether a process has said anything yet."""
    return said.exists() and said.stat().st_size > 0


def free_ports(chance: random.Random) -> tuple[int, int]:
    """Two ports below those that the system hands out: nobody takes one while nobody listens there.

    chance: not the seed's, for two storms of one seed may be under way at once.
    """
    found: list[int] = []
    while len(found) < 2:
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found[0], found[1]


def leave_stale(path: Path) -> None:
    """A socket's file that nobody listens at any more."""
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
