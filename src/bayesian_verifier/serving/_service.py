"""Is a posterior to be had now, and if not, why?"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Literal

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.serving._compilations import CompilationCounter
from bayesian_verifier.serving._problems import NotReadyError
from bayesian_verifier.serving._worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving._engine import Engine

logger = logging.getLogger(__name__)

Status = Literal["loading", "ready", "failed", "draining"]


class Service:
    """The process's one model, on its way from loading to draining.

    load: verifies and compiles the model; called once, in a thread of its own.
    queue_limit: requests that may wait.   clock: seconds, monotonic.   wall: seconds since the epoch.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        *,
        queue_limit: int,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self.worker = Worker(queue_limit, clock)
        self.clock = clock
        self.started = clock()
        self.loaded_at: float | None = None
        self.compilations = CompilationCounter()
        self.reason = "the model is being loaded and compiled"
        self.leaving = False
        self.draining = False
        self._engine: Engine | None = None
        self._failed = False
        self._load = load
        self._loader: threading.Thread | None = None
        self._wall = wall

    @property
    def status(self) -> Status:
        """In which of its states the service is."""
        if self.leaving:
            return "draining"
        if self._engine is not None:
            return "ready"
        return "failed" if self._failed else "loading"

    @property
    def model_version(self) -> str:
        """Version of the model that answers; "none" while none does."""
        return "none" if self._engine is None else self._engine.version

    @property
    def engine(self) -> Engine:
        """The model, compiled. Raises NotReadyError, with the reason, until and unless there is one."""
        if self._engine is None:
            raise NotReadyError(self.reason)
        return self._engine

    def require_ready(self) -> Engine:
        """The model, for whoever asks whether to send posteriors here. Raises NotReadyError also when leaving."""
        engine = self.engine
        if self.leaving:
            raise NotReadyError(self.reason)
        return engine

    def require_open(self) -> Engine:
        """The model, for one more posterior. Raises NotReadyError also while draining."""
        engine = self.engine
        if self.draining:
            raise NotReadyError(self.reason)
        return engine

    def start(self) -> None:
        """Begin to load; returns at once."""
        self.worker.start()
        self._loader = threading.Thread(target=self._load_now, name="loading", daemon=True)
        self._loader.start()

    @property
    def is_loading(self) -> bool:
        """Whether the loading thread is at work, whatever the service has been told since."""
        return self._loader is not None and self._loader.is_alive()

    def leave(self) -> None:
        """Be ready no more; posteriors that are asked for nevertheless are answered until `drain`."""
        self.reason = "the service is shutting down"
        self.leaving = True

    def drain(self) -> None:
        """Take no more posteriors; those accepted are still answered."""
        self.leave()
        self.draining = True

    def stop(self, seconds: float) -> None:
        """Drain, and wait for the last answers for at most `seconds`."""
        self.drain()
        self.worker.stop(seconds)
        self.compilations.stop()

    def _load_now(self) -> None:
        began = self.clock()
        try:
            engine = self._load()
        except OperatorError as exc:
            logger.error("not ready: %s", exc)  # noqa: TRY400 the message says all an operator can use
            self._fail(str(exc))
        except Exception:
            logger.exception("not ready: the model could not be loaded")
            self._fail("the model could not be loaded; the log has the details")
        else:
            self.compilations.start()
            self.loaded_at = self._wall()
            self._engine = engine
            logger.info("ready: model %s %s after %.1f s", engine.name, engine.version, self.clock() - began)

    def _fail(self, reason: str) -> None:
        self.reason, self._failed = reason, True
