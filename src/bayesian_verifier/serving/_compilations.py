"""Has anything been compiled that should have been compiled before the service was ready?"""

from __future__ import annotations

COMPILED = "/jax/core/compile/backend_compile_duration"


class CompilationCounter:
    """Counts what JAX compiles in this process between `start` and `stop`; at full speed it stays at 0."""

    def __init__(self) -> None:
        self.count = 0
        self._counting = False

    def start(self) -> None:
        """Begin to count."""
        from jax import monitoring  # noqa: PLC0415 seconds of work that `--help` must not wait for

        monitoring.register_event_duration_secs_listener(self._on_event)
        self._counting = True

    def stop(self) -> None:
        """Count no more."""
        self._counting = False

    def _on_event(self, event: str, _seconds: float, **_: object) -> None:
        if self._counting and event == COMPILED:
            self.count += 1
