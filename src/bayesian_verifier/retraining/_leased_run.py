"""How does a command run under a lease, and what ends it?"""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.retraining._lease import BEAT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.retraining._lease_file import Asker, LeaseFile

_POLL_SECONDS = 0.2
_LAST_SECONDS = 10.0


class Ended(NamedTuple):
    """How the command ended. code: its exit code, 128 + n after signal n.   stopped: whether the lease ended it."""

    code: int
    stopped: bool


def run_leased(
    leases: LeaseFile,
    asker: Asker,
    command: Sequence[str],
    *,
    yields: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Run a command while its lease lasts; then it is asked to end (SIGTERM), and ten seconds later made to (SIGKILL).

    yields: whether somebody more urgent ends it too.
    Raises LeaseBusyError before anything has run, CallerError where there is no such command.
    """
    lease = leases.take(asker)
    try:
        try:
            process = subprocess.Popen(command)  # noqa: S603 the caller's own command
        except OSError as exc:
            raise CallerError(f"{command[0]}: {exc.strerror or exc}") from exc
        last_beat = clock()
        while process.poll() is None:
            time.sleep(_POLL_SECONDS)
            if clock() - last_beat < BEAT_SECONDS and time.time() < lease.until:
                continue
            last_beat = clock()
            if not leases.beat(lease) and (yields or time.time() >= lease.until):
                return Ended(_ended(process), stopped=True)
        return Ended(_code(process.returncode), stopped=False)
    finally:
        leases.release(lease)


def _ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return _code(process.wait(_LAST_SECONDS))
    except subprocess.TimeoutExpired:
        process.kill()
        return _code(process.wait())


def _code(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode
