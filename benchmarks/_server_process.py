"""How is a server of the comparison started, asked whether it answers, weighed and ended?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from load import Exchange, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROGRAM = "from bayesian_verifier.cli import main; main()"
PATIENCE_SECONDS = 120.0
OK = 200


class Server(NamedTuple):
    """A server that has given its first answer.

    first_answer_s: from starting the process to its first posterior, end to end.
    """

    target: Target
    process: subprocess.Popen[bytes]
    first_answer_s: float


class ServerError(RuntimeError):
    """A server that did not start; the message holds the end of what it printed."""


@contextmanager
def serving(
    command: Sequence[str], target: Target, *, environ: dict[str, str], cwd: Path, body: bytes, log: Path
) -> Iterator[Server]:
    """A server, from its first answer to body until the block ends. Raises ServerError."""
    with log.open("wb") as output:
        began = time.perf_counter()
        # a session of its own, so that workers that outlive their parent can be ended with it
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environ, cwd=cwd, start_new_session=True
        )
    try:
        first = _first_answer(process, target, body, began, log)
        yield Server(target, process, first)
    finally:
        _end(process)


@contextmanager
def side_car(scratch: Path, body: bytes, **settings: str) -> Iterator[Server]:
    """This installation's service on a free port, with these settings (BV_…) and no dashboard, as `serving`.

    scratch: a directory for its log.
    """
    target = Target(free_port(), None)
    command = [sys.executable, "-c", _PROGRAM, "serve", f"--port={target.port}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    environ = clean | {"BV_DASHBOARD": "off"} | settings
    log = scratch / f"{target.port}.log"
    with serving(command, target, environ=environ, cwd=scratch, body=body, log=log) as server:
        yield server


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def memory_mb(pid: int) -> dict[str, float] | None:
    """Memory of a process and its children in MB: resident, and proportional (shared pages counted once)."""
    resident = proportional = 0
    count = 0
    for member in family(pid):
        with suppress(OSError):
            lines = Path(f"/proc/{member}/smaps_rollup").read_text(encoding="ascii").splitlines()
            sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
            resident, proportional = resident + sizes["Rss"], proportional + sizes["Pss"]
            count += 1
    if not count:
        return None
    return {
        "resident_mb": round(resident / 1024, 1),
        "proportional_mb": round(proportional / 1024, 1),
        "processes": count,
    }


def cpu_seconds(pid: int) -> float:
    """Processor time a process and its children have used so far."""
    total = 0
    for member in family(pid):
        with suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for member in found:
        with suppress(OSError):
            for task in Path(f"/proc/{member}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return found


def _first_answer(
    process: subprocess.Popen[bytes], target: Target, body: bytes, began: float, log: Path
) -> float:
    last = "nothing listened"
    while time.perf_counter() - began < PATIENCE_SECONDS:
        if process.poll() is not None:
            raise ServerError(f"ended with {process.returncode}: {_tail(log)}")
        try:
            with Exchange(target) as exchange:
                status, content = exchange.post(body)
        except OSError as error:
            last = str(error)
        else:
            if status == OK:
                return time.perf_counter() - began
            last = f"{status}: {content[:200]!r}"
        time.sleep(0.01)
    raise ServerError(f"no answer in {PATIENCE_SECONDS:.0f} s ({last}): {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-1500:].strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to leave; after ten seconds its whole group must."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
