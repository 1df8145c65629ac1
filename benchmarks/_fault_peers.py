"""How is a client in another process asked, one that may never come back?"""

from __future__ import annotations

import json
import select
import subprocess
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds after which a call is taken for one that does not end, and its process is stopped.
PATIENCE = 1.0


class Peer:
    """A program that answers each line, {"url", "timeout", "body"}, with {"seconds", "came"}."""

    def __init__(self, command: Sequence[object]) -> None:
        self._command = [str(part) for part in command]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, url: str, timeout: float, body: str) -> tuple[float, str]:
        """Seconds the call took, and what came; PATIENCE where it did not end by then."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            # its imports and first steps are not what is timed; nobody listens there
            self._say("http://127.0.0.1:9", 0.001, "")
            self._line(30.0)
        self._say(url, timeout, body)
        said = self._line(PATIENCE + timeout)
        if said is None:
            self._stop()
            return PATIENCE, "did not end"
        return said["seconds"], said["came"]

    def _say(self, url: str, timeout: float, body: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"url": url, "timeout": timeout, "body": body}) + "\n")
        self._process.stdin.flush()

    def _line(self, seconds: float) -> dict[str, float | str] | None:
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return json.loads(self._process.stdout.readline()) if ready else None

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
