"""How does a command run under a lease, and what ends it?"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BusyError, CallerError
from bayesian_verifier.retraining._lease import BEAT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

    from bayesian_verifier.retraining._lease import Lease
    from bayesian_verifier.retraining._lease_file import Asker, LeaseFile

_POLL_SECONDS = 0.2
_LAST_SECONDS = 10.0
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class LeaseEndedError(BusyError):
    """The machine had to be given back before the work was done."""


class Ended(NamedTuple):
    """How the command ended. code: its exit code, 128 + n after signal n.   stopped: whether the lease ended it."""

    code: int
    stopped: bool


class Finished(NamedTuple):
    """A command that ran to its end: exit code and standard output."""

    code: int
    output: str


class Machine:
    """The machine, while a lease on it lasts. It may be had for one command after the other."""

    def __init__(self, leases: LeaseFile, lease: Lease, *, yields: bool = True) -> None:
        self.lease = lease
        self._leases = leases
        self._yields = yields

    def run(self, command: Sequence[str]) -> Finished:
        """Run a command to its end. Raises LeaseEndedError where it was not let, CallerError where there is none."""
        with tempfile.TemporaryFile() as output:
            ended = self.run_into(command, output)
            output.seek(0)
            said = output.read().decode(errors="replace")
        if ended.stopped:
            raise LeaseEndedError(f"{self.lease.owner} had to give the machine back")
        return Finished(ended.code, said)

    def run_into(
        self,
        command: Sequence[str],
        output: IO[bytes] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> Ended:
        """Run a command; when the lease ends it is asked to end (SIGTERM), and ten seconds later made to (SIGKILL)."""
        if not self._leases.beat(self.lease) and self._yields:
            return Ended(128 + signal.SIGTERM, stopped=True)
        with _started(command, output) as process:
            last_beat = clock()
            while process.poll() is None:
                time.sleep(_POLL_SECONDS)
                if clock() - last_beat < BEAT_SECONDS and time.time() < self.lease.until:
                    continue
                last_beat = clock()
                if not self._leases.beat(self.lease) and (self._yields or time.time() >= self.lease.until):
                    return Ended(_ended(process), stopped=True)
            return Ended(_code(process.returncode), stopped=False)


@contextmanager
def leased(leases: LeaseFile, asker: Asker, *, yields: bool = True) -> Iterator[Machine]:
    """The machine, given back at the end. Raises LeaseBusyError.

    yields: whether somebody more urgent ends a command too.
    """
    lease = leases.take(asker)
    try:
        yield Machine(leases, lease, yields=yields)
    finally:
        leases.release(lease)


def run_leased(leases: LeaseFile, asker: Asker, command: Sequence[str], *, yields: bool = True) -> Ended:
    """Run one command while its lease lasts.

    Raises LeaseBusyError before anything has run, CallerError where there is no such command.
    """
    with leased(leases, asker, yields=yields) as machine:
        return machine.run_into(command)


@contextmanager
def _started(command: Sequence[str], output: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive this one: whoever has the machine next has all of it."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    try:
        process = subprocess.Popen(  # noqa: S603 the caller's own command
            command,
            stdout=output,
            preexec_fn=(lambda: libc.prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)) if libc else None,  # noqa: PLW1509 one thread
        )
    except OSError as exc:
        raise CallerError(f"{command[0]}: {exc.strerror or exc}") from exc
    try:
        yield process
    finally:
        if process.poll() is None:
            _ended(process)


def _ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return _code(process.wait(_LAST_SECONDS))
    except subprocess.TimeoutExpired:
        process.kill()
        return _code(process.wait())


def _code(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode
