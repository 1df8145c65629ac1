"""How does a decision from the page become a line of the ledger?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal, News, seconds_since_epoch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.journal import Line


class Approvals:
    """Decides what the ledger asks, once, and before it expires. wall: seconds since 1970."""

    def __init__(self, ledger: Path, wall: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._wall = wall

    def approve(self, request: str, by: str, why: str | None) -> str:
        """Append `approved`. Raises CallerError where nothing of that id is to be decided (any more)."""
        return self._decide("approved", request, by, why)

    def reject(self, request: str, by: str, why: str | None) -> str:
        """Append `rejected`. Raises CallerError where nothing of that id is to be decided (any more)."""
        return self._decide("rejected", request, by, why)

    def _decide(self, kind: str, request: str, by: str, why: str | None) -> str:
        news = News(self._ledger)
        try:
            self._require_open(news.read().events, request)
        finally:
            news.close()
        with Journal(self._ledger, fsync="always") as operations:
            return operations.append(kind, {"request": request, "by": by, "why": why})

    def _require_open(self, events: tuple[Line, ...], request: str) -> None:
        asked = next((one for one in events if one.kind == "approval_asked" and one.id == request), None)
        if asked is None:
            raise CallerError(f"no request {request} in the ledger")
        for one in events:
            if (
                one.kind in {"approved", "rejected", "expired"}
                and (one.model_extra or {}).get("request") == request
            ):
                raise CallerError(f"request {request} is {one.kind} already")
        expires = (asked.model_extra or {}).get("expires")
        if isinstance(expires, str) and self._wall() >= seconds_since_epoch(expires):
            raise CallerError(f"request {request} expired at {expires}")
