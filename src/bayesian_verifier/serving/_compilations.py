"""Has anything been compiled that should have been compiled before the service was ready?"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPILED = "/jax/core/compile/backend_compile_duration"


class CompilationCounter:
    """Counts what JAX compiles in this process.

    count: between `start` and `stop`, outside every `expected` block; at full speed it stays at 0.
    expected_count, expected_seconds: inside such blocks, which is where models are loaded.
    """

    def __init__(self) -> None:
        self.count = 0
        self.expected_count = 0
        self.expected_seconds = 0.0
        self._counting = False
        self._listening = False
        # JAX tells of a compilation in the thread that asked for it
        self._here = threading.local()

    def start(self) -> None:
        """Begin to count what nobody expects."""
        self._listen()
        self._counting = True

    def stop(self) -> None:
        """Count no more."""
        self._counting = False

    @contextmanager
    def expected(self) -> Iterator[None]:
        """A block in which this thread may compile."""
        self._listen()
        self._here.expects = True
        try:
            yield
        finally:
            self._here.expects = False

    def _listen(self) -> None:
        if self._listening:
            return
        from jax import monitoring  # noqa: PLC0415 seconds of work that `--help` must not wait for

        monitoring.register_event_duration_secs_listener(self._on_event)
        self._listening = True

    def _on_event(self, event: str, seconds: float, **_: object) -> None:
        if event != COMPILED:
            return
        if getattr(self._here, "expects", False):
            self.expected_count += 1
            self.expected_seconds += seconds
        elif self._counting:
            self.count += 1
