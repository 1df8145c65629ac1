"""How does a process in any language carry out plans?

It reads one JSON object a line and answers each with one; docs/simulators.md has the protocol. A process that dies,
is late or says something else is an operator's to mend, and never waited for without end.
"""

from __future__ import annotations

import json
import math
import os
import selectors
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

from bayesian_verifier.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

VERSION = 1
_MOST_BYTES = 1 << 20


class ProcessExecutor:
    """A process that is asked to carry out plans, one after another. Use it as a context manager.

    command: program and arguments.   timeout: seconds that any answer may take.   clock: seconds, monotonic.
    Raises OperatorError where it cannot be started or does not say which plans it has.
    """

    def __init__(
        self, command: Sequence[str], *, timeout: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._command, self._timeout, self._clock = list(command), timeout, clock
        try:
            self._process = subprocess.Popen(  # noqa: S603 - what its user told us to run
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            raise OperatorError(f"{self._command[0]}: cannot be started: {error}") from error
        self._read = b""
        try:
            told = self._asked({"do": "describe"})
            self.name, self.plans = str(told["name"]), tuple(map(str, told["plans"]))
        except (KeyError, TypeError) as error:
            self.close()
            raise self._fault(f"expected a name and a list of plans, got {told!r:.200}") from error
        except OperatorError:
            self.close()
            raise

    def carry_out(self, plan: str, seed: int) -> float:
        """Have a plan carried out once; what it paid."""
        told = self._asked({"do": "run", "plan": plan, "seed": seed})
        paid = told.get("payoff")
        if isinstance(paid, bool) or not isinstance(paid, int | float) or not math.isfinite(paid):
            raise self._fault(f"expected a payoff that is a number, got {told!r:.200}")
        return float(paid)

    def close(self) -> None:
        """End the process: its input ends; if it goes on for a second, it is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        """The executor itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps({"v": VERSION, **question}).encode() + b"\n"
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line)
        except OSError as error:
            raise self._fault(f"it ended ({error})") from error
        answer = self._line()
        try:
            told = json.loads(answer)
        except ValueError as error:
            raise self._fault(f"expected JSON, got {answer!r:.200}") from error
        if not isinstance(told, dict) or told.get("v") != VERSION:
            raise self._fault(f"expected an object with v {VERSION}, got {told!r:.200}")
        if "error" in told:
            raise self._fault(f"it says: {told['error']!s:.200}")
        return told

    def _line(self) -> bytes:
        """The next line that the process writes."""
        ends = self._clock() + self._timeout
        stream = self._process.stdout
        if stream is None:
            raise self._fault("it has no output")
        with selectors.DefaultSelector() as waiting:
            waiting.register(stream, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not waiting.select(max(ends - self._clock(), 0.0)):
                    raise self._fault(f"no answer within {self._timeout:g} s")
                part = os.read(stream.fileno(), 65536)
                if not part or len(self._read) > _MOST_BYTES:
                    raise self._fault("it ended" if not part else "a line without an end")
                self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _fault(self, what: str) -> OperatorError:
        return OperatorError(f"executor {self._command[0]!r}: {what}")
