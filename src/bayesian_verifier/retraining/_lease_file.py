"""How do batch jobs of several programs share one machine? A lease in a file, that any program can take part in.

The file holds one JSON object (`Lease`), replaced as a whole under the lock of the file beside it (`.lock`, an advisory
lock that dies with its process). No object, or one that cannot be read: nobody has the machine.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

from bayesian_verifier.errors import BusyError, OperatorError
from bayesian_verifier.retraining._lease import Lease, Wish, is_held, may_take, must_yield, wished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOCK_SECONDS = 10.0


class LeaseBusyError(BusyError):
    """Somebody else has the machine."""


class Asker(NamedTuple):
    """Who asks for the machine, what for, how urgently, and for how many seconds at most."""

    owner: str
    purpose: str = ""
    priority: int = 0
    seconds: float = 3600.0


class LeaseFile:
    """The lease in one file; safe among processes of one machine, and of several that share the file system.

    wall: seconds since 1970.   new_id: makes an id no other lease has.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        wall: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.path = Path(path)
        self._wall = wall
        self._new_id = new_id
        self._host = socket.gethostname()

    def read(self) -> Lease | None:
        """What the file says; None where there is no lease, or nothing that can be read as one.

        Raises OperatorError where the file itself cannot be read.
        """
        try:
            return Lease.model_validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        except OSError as exc:
            raise OperatorError(f"{self.path}: cannot be read: {exc.strerror or exc}") from exc

    def holder(self) -> Lease | None:
        """Who has the machine now, if anybody has."""
        found = self.read()
        return found if self._is_held(found) else None

    def take(self, asker: Asker) -> Lease:
        """The lease, for this process; while somebody has it, the wish is noted where it is more urgent.

        Raises LeaseBusyError naming the holder, OperatorError where the file cannot be written.
        """
        with self._locked():
            found, now = self.read(), self._wall()
            wish = Wish(owner=asker.owner, priority=asker.priority, at=now)
            held = self._is_held(found)
            if not may_take(found, wish, held=held):
                if held and found is not None:
                    self._write(wished(found, wish))
                raise LeaseBusyError(_said(found, now, held=held))
            lease = Lease(
                id=self._new_id(),
                owner=asker.owner,
                purpose=asker.purpose,
                priority=asker.priority,
                host=self._host,
                pid=os.getpid(),
                started=now,
                until=now + asker.seconds,
                heartbeat=now,
            )
            self._write(lease)
            return lease

    def beat(self, lease: Lease) -> bool:
        """Show that the holder lives. False: it must stop, for it has lost the lease, or somebody more urgent waits."""
        with self._locked():
            found, now = self.read(), self._wall()
            if found is None or found.id != lease.id or now >= found.until:
                return False
            beating = found.model_copy(update={"heartbeat": now})
            self._write(beating)
            return not must_yield(beating, now)

    def release(self, lease: Lease) -> None:
        """Give the machine back; one that was lost already is left to whoever has it now."""
        with self._locked():
            found = self.read()
            if found is None or found.id != lease.id:
                return
            if found.wish is None:
                self.path.unlink(missing_ok=True)
            else:
                # kept, so that whoever waits longest and most urgently is next
                self._write(found.model_copy(update={"until": self._wall()}))

    def _is_held(self, lease: Lease | None) -> bool:
        alive = lease is not None and (lease.host != self._host or _runs(lease.pid))
        return is_held(lease, self._wall(), alive=alive)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, poll_interval=0.01):
                yield
        except Timeout as exc:
            raise LeaseBusyError(f"{self.path}: its lock is held for more than {_LOCK_SECONDS:g} s") from exc
        except OSError as exc:
            raise OperatorError(f"{self.path}: cannot be written: {exc.strerror or exc}") from exc

    def _write(self, lease: Lease) -> None:
        """All of it or nothing, as a reader needs no lock."""
        handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(lease.model_dump_json(exclude_none=True) + "\n")
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _said(lease: Lease | None, now: float, *, held: bool) -> str:
    if lease is None:
        return "somebody else took the machine a moment ago"
    if not held and lease.wish is not None:
        return f"the machine is kept for {lease.wish.owner}, who is more urgent"
    for_what = f" for {lease.purpose}" if lease.purpose else ""
    left = max(0.0, lease.until - now)
    return f"{lease.owner} has the machine{for_what}, for {left:.0f} s more at most (pid {lease.pid})"
