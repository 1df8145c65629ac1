"""How is something done beside a caller who must not wait for it?"""

from __future__ import annotations

import _thread
import logging
import threading
from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Beside:
    """One job at a time, in a thread that neither its caller nor the end of the process waits for.

    Safe among threads. A forked child has none running.
    """

    def __init__(self) -> None:
        self._turn = PerProcess(threading.Lock).here

    def start(self, job: Callable[[], object], *, patience: float = 0.0) -> bool:
        """Whether the job is begun: not while another runs, nor where no thread can be had.

        patience: seconds to wait for the one that runs.
        """
        turn = self._turn()
        if not (turn.acquire(timeout=patience) if patience > 0 else turn.acquire(blocking=False)):
            return False
        try:
            # a Thread's start() waits until the thread runs, and that thread then keeps the interpreter's lock
            _thread.start_new_thread(_run, (job, turn))
        except RuntimeError:
            turn.release()
            return False
        return True

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._turn().locked()

    def wait(self, seconds: float) -> bool:
        """Wait for the job that runs; whether none does any more."""
        turn = self._turn()
        if not turn.acquire(timeout=seconds):
            return False
        turn.release()
        return True


def _run(job: Callable[[], object], turn: threading.Lock) -> None:
    try:
        job()
    except Exception:  # noqa: BLE001 nobody is there to catch it
        _log.exception("a job beside the Judgment Layer failed")
    finally:
        turn.release()
