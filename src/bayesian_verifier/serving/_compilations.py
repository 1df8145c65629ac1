"""Has anything been compiled that should have been compiled before the service was ready?"""

from __future__ import annotations

COMPILED = "/jax/core/compile/backend_compile_duration"


class CompilationCounter:
    """Counts what JAX compiles in this process after `start`; a service at full speed stays at 0."""

    def __init__(self) -> None:
        self.count = 0

    def start(self) -> None:
        """Begin to count. JAX is loaded by now, or nothing can be compiled."""
        from jax import monitoring  # noqa: PLC0415 seconds of work that `--help` must not wait for

        monitoring.register_event_duration_secs_listener(self._on_event)

    def _on_event(self, event: str, _seconds: float, **_: object) -> None:
        if event == COMPILED:
            self.count += 1
