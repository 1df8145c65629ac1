"""Two workers of a Ray cluster on this machine, and what goes on in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = str(Path(sys.executable).with_name("bayesian-verifier"))
_PATIENCE = 120.0
_HELD = """
import os, sys
from bayesian_verifier.engine import RayEngine
with RayEngine(workers=2):
    import ray
    print(ray.get_runtime_context().gcs_address, os.environ["RAY_AUTH_TOKEN"], flush=True)
    sys.stdin.read()
"""


class Cluster(NamedTuple):
    """Where the workers are, what lets us in, and the process that holds them."""

    address: str
    token: str
    pid: int

    @property
    def environ(self) -> dict[str, str]:
        """What a process on this machine needs to find them, on loopback alone, and to be let in."""
        return {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self.token,
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        }

    def started(self, *words: str) -> subprocess.Popen[str]:
        """The program, on these workers."""
        return subprocess.Popen(
            [PROGRAM, *words, "--engine", "ray", "--address", self.address],
            env=dict(os.environ) | self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def at_work(self) -> list[int]:
        """Processes that are doing a task."""
        return [pid for pid in family(self.pid) if title(pid).startswith("ray::carried_out")]


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Two workers, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HELD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            address, token = process.stdout.readline().split()
            yield Cluster(address, token, process.pid)
        finally:
            process.stdin.close()


def killed_one(cluster: Cluster, command: subprocess.Popen[str]) -> int | None:
    """The worker that got SIGKILL in the midst of its first task; None where there was none to be seen."""
    deadline = time.monotonic() + _PATIENCE
    while command.poll() is None and time.monotonic() < deadline:
        working = cluster.at_work()
        if working:
            os.kill(working[0], signal.SIGKILL)
            return working[0]
        time.sleep(0.05)
    command.kill()
    return None


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for member in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{member}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def title(pid: int) -> str:
    """What a process calls itself; nothing where it is no more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0 ")
    except OSError:
        return ""


def here(*words: str) -> subprocess.CompletedProcess[str]:
    """The program, in one process."""
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
