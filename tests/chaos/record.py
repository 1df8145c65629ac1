"""How does a process say what it saw, so that killing it at any moment loses nothing it has said?

One write of one line, shorter than what a pipe takes at once: the line is there whole or not at all, and what
was written outlives its writer, in the pipe or in the system's cache.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Say = Callable[..., None]


def saying(descriptor: int) -> Say:
    """A function that writes an event as a line of JSON: its name, the monotonic and the wall clock, its fields."""

    def say(event: str, **fields: Any) -> None:  # noqa: ANN401 whatever JSON can hold, NaN too: it is evidence
        line = {"event": event, "at": time.monotonic(), "wall": time.time()} | fields
        os.write(descriptor, json.dumps(line).encode() + b"\n")

    return say


def opened(path: Path) -> int:
    """A descriptor that appends to a file of such lines."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)


def keep_what_is_said(process: subprocess.Popen[bytes], path: Path) -> threading.Thread:
    """Copy a process's standard output to a file until its last writer is gone; the thread that does."""

    def copy() -> None:
        assert process.stdout is not None
        with path.open("ab", buffering=0) as kept:
            while data := os.read(process.stdout.fileno(), 1 << 16):
                kept.write(data)
        process.stdout.close()

    thread = threading.Thread(target=copy)
    thread.start()
    return thread
