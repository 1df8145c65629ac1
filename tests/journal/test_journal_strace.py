"""Does an acknowledged line survive a kill at a system call, said by the system's tracer and not by our files? (P11)

The N-th call of a kind that touches the journal's files, its directory and lock included. Each takes a process of
its own: a few of them by default, every N of every kind, some minutes, with JOURNAL_EVERY_CALL=1.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_journal_faults import check

from bayesian_verifier.journal import Journal

_LIFE = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_journal_faults import live
from bayesian_verifier.journal._files import Files
said = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
live(Path(sys.argv[1]), Files(), lambda event_id: os.write(said, f"{event_id}\\n".encode()))
"""

_EVERY = os.environ.get("JOURNAL_EVERY_CALL") == "1"
_KINDS = ["write", "rename"] + (["openat", "fdatasync", "fsync", "flock", "pread64"] if _EVERY else [])
_MOST_CALLS = 60


def killed_at(kind: str, number: int, path: Path) -> bool:
    """Whether a life was killed at so many calls of this kind; it ended by itself where it makes fewer."""
    names = [path.name, path.name + ".next", path.name + ".lock", *(f"j.{n:06d}.jsonl" for n in range(1, 9))]
    files = [path.parent, *(path.with_name(name) for name in names)]
    watched = [part for file in files for part in ("-P", str(file))]
    tracer = ["strace", "-f", "-qq", "-o", os.devnull, *watched, "-e", f"trace={kind}"]
    fault = ["-e", f"inject={kind}:signal=SIGKILL:when={number}"]
    life = [sys.executable, "-c", _LIFE, str(path), str(path.with_name("said")), str(Path(__file__).parent)]
    done = subprocess.run([*tracer, *fault, *life], check=False, stderr=subprocess.DEVNULL)
    assert done.returncode in {0, -signal.SIGKILL, 128 + signal.SIGKILL}
    return done.returncode != 0


def may_trace() -> bool:
    strace = shutil.which("strace")
    return (
        strace is not None
        and subprocess.run(
            [strace, "-qq", "-o", os.devnull, "true"], check=False, stderr=subprocess.DEVNULL
        ).returncode
        == 0
    )


@pytest.mark.parametrize("kind", _KINDS)
def test_a_kill_at_a_system_call_loses_nothing_that_was_acknowledged(tmp_path: Path, kind: str) -> None:
    if not may_trace():
        pytest.skip("strace is not there, or not allowed")
    killed = 0
    for number in range(1, _MOST_CALLS) if _EVERY else (2, 5):
        path = tmp_path / str(number) / "j.jsonl"
        path.parent.mkdir()
        path.with_name("said").touch()
        if not killed_at(kind, number, path):
            break
        killed += 1
        acknowledged = path.with_name("said").read_text().splitlines()
        check(path, acknowledged)
        acknowledged.append(
            Journal(path, writer="app", rotate_bytes=1024, fsync="never").append("trace", {"x": 1})
        )
        check(path, acknowledged)
    assert killed > 0
