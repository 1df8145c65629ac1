"""Which requests get a line in the log?

What went well is told at level debug, a refusal at info, and what the service could not do at warning. Of a flood only
the first lines are written; the next one of its kind, a while later, says how many were not.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

logger = logging.getLogger(__name__)

#: lines of one kind in one window, and the window's seconds
MOST, WINDOW_SECONDS = 10, 10.0
_REFUSED, _BUSY, _FAULT = 400, 429, 500


class _Window(NamedTuple):
    """began: on the clock.   told, kept: lines written and not written since."""

    began: float
    told: int
    kept: int


class Throttle:
    """Lets so many of each kind through in a window. clock: seconds, monotonic."""

    def __init__(
        self, clock: Callable[[], float], *, most: int = MOST, seconds: float = WINDOW_SECONDS
    ) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._windows: dict[object, _Window] = {}

    def admits(self, kind: object) -> int | None:
        """How many of this kind were held back before this one, which may pass; None where it may not.

        Kinds are kept for ever: there must not be many.
        """
        now = self._clock()
        window = self._windows.get(kind)
        if window is None or now - window.began >= self._seconds:
            self._windows[kind] = _Window(now, 1, 0)
            return 0 if window is None else window.kept
        if window.told < self._most:
            self._windows[kind] = window._replace(told=window.told + 1)
            return 0
        self._windows[kind] = window._replace(kept=window.kept + 1)
        return None


class RequestLog:
    """Writes the lines of requests. clock: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._throttle = Throttle(clock)

    def wants(self, status: int) -> bool:
        """Whether a request with this status may get a line."""
        return logger.isEnabledFor(level_of(status))

    def tell(
        self, status: int, seconds: float, route: str, reason: str | None, fields: dict[str, Any]
    ) -> None:
        """One request was answered.

        route: its name, never its path.   reason: the kind of its problem.   fields: its ids, and what else a line
        may hold.
        """
        if not self.wants(status):
            return
        level = level_of(status)
        suppressed = 0 if level == logging.DEBUG else self._throttle.admits((route, status, reason))
        if suppressed is None:
            return
        told = {
            "event": "request",
            "route": route,
            "status": status,
            "reason": reason,
            "duration_ms": round(1e3 * seconds, 3),
            "suppressed": suppressed or None,
        }
        logger.log(level, "%s %s", route, status, extra=fields | told)


def level_of(status: int) -> int:
    """The level of a request's line."""
    if status < _REFUSED:
        return logging.DEBUG
    return logging.WARNING if status >= _FAULT or status == _BUSY else logging.INFO
