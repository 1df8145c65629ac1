"""How does a decision from the page become a line of the ledger, and a promotion?"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from bayesian_verifier.errors import ArtifactError, CallerError
from bayesian_verifier.journal import Journal
from bayesian_verifier.retraining import approve, read_operations, reject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.retraining import Store

_log = logging.getLogger(__name__)


class Approvals:
    """Decides what the ledger asks, as `retrain approve` and `retrain reject` do.

    store: None where the service reads the shipped models, which are not to be changed.   wall: seconds since 1970.
    """

    def __init__(self, ledger: Path, store: Store | None, wall: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._store = store
        self._wall = wall

    def approve(self, request: str, by: str, why: str | None) -> str:
        """Say yes, and promote what was asked about; the id of the line. Raises CallerError where it is not open."""
        store = self._own_store()
        with Journal(self._ledger, fsync="always") as ledger:
            try:
                approve(ledger, store, request, by, why, now=self._wall())
            except ArtifactError as exc:
                if self._decided(ledger, request) is None:
                    raise
                _log.error("%s is approved, and promoted by the next run: %s", request, exc)
            return self._line(ledger, request)

    def reject(self, request: str, by: str, why: str | None) -> str:
        """Say no; the id of the line. Raises CallerError where it is not open."""
        store = self._own_store()
        with Journal(self._ledger, fsync="always") as ledger:
            reject(ledger, store, request, by, why, now=self._wall())
            return self._line(ledger, request)

    def _own_store(self) -> Store:
        if self._store is None:
            raise CallerError(
                "the shipped models are not to be changed: set BV_MODEL_STORE to a store of your own"
            )
        return self._store

    def _line(self, ledger: Journal, request: str) -> str:
        line = self._decided(ledger, request)
        if line is None:
            raise CallerError(f"request {request} is not decided")
        return line

    @staticmethod
    def _decided(ledger: Journal, request: str) -> str | None:
        for one in read_operations(ledger).asked:
            if one.line.id.startswith(request) and one.decided is not None:
                return one.decided.id
        return None
