"""Is a posterior to be had now, and if not, why?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from bayesian_verifier.errors import OperatorError
from bayesian_verifier.serving._compilations import CompilationCounter
from bayesian_verifier.serving._loading import release_memory
from bayesian_verifier.serving._problems import NotReadyError
from bayesian_verifier.serving._renewal import OUTCOMES, Attempt, LoadingThread, Pointer, Renewal, short_turns
from bayesian_verifier.serving._worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._renewal import Outcome

logger = logging.getLogger(__name__)

Status = Literal["loading", "ready", "failed", "draining"]


class Service:
    """The process's one model, on its way from loading to draining; another may take its place between two answers.

    load: verifies and compiles the model; called in a thread of its own.   renewal: how another is had later; by
    default by the same `load`, when told to.
    queue_limit: requests that may wait.   clock: seconds, monotonic.   wall: seconds since the epoch.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        *,
        queue_limit: int,
        clock: Callable[[], float],
        wall: Callable[[], float],
        renewal: Renewal | None = None,
    ) -> None:
        self.worker = Worker(queue_limit, clock)
        self.clock = clock
        self.started = clock()
        self.last_load: Attempt | None = None
        self.last_loaded_at: float | None = None
        self.reloads: dict[Outcome, int] = dict.fromkeys(OUTCOMES, 0)
        self.compilations = CompilationCounter()
        self.reason = "the model is being loaded and compiled"
        self.leaving = False
        self.draining = False
        self._engine: Engine | None = None
        self._load = load
        self._renewal = renewal or Renewal(lambda _: load(), lambda: Pointer(None))
        self._loader = LoadingThread(self._load_now, self._renewal.pointer, every=self._renewal.every)
        self._wall = wall

    @property
    def status(self) -> Status:
        """In which of its states the service is."""
        if self.leaving:
            return "draining"
        if self.is_loaded:
            return "ready"
        return "loading" if self.last_load is None else "failed"

    @property
    def is_loaded(self) -> bool:
        """Whether there is a model that answers, or answers the last that were accepted."""
        return self._engine is not None

    @property
    def model_version(self) -> str:
        """Version of the model that answers; "none" while none does."""
        engine = self._engine
        return "none" if engine is None else engine.version

    @property
    def engine(self) -> Engine:
        """The model, compiled. Raises NotReadyError, with the reason, until and unless there is one."""
        engine = self._engine
        if engine is None:
            raise NotReadyError(self.reason)
        return engine

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
        self._loader.start()

    def reload(self) -> None:
        """Load what the store names now, beside the answers; returns at once. For signal handlers, too."""
        self._loader.tell()

    @property
    def is_loading(self) -> bool:
        """Whether the loading thread is at work, whatever the service has been told since."""
        return self._loader.at_work

    def leave(self) -> None:
        """Be ready no more; posteriors that are asked for nevertheless are answered until `drain`."""
        self.reason = "the service is shutting down"
        self.leaving = True

    def drain(self) -> None:
        """Take no more posteriors, load no more models; what was accepted is still answered."""
        self.leave()
        self.draining = True
        self._loader.leave()

    def stop(self, seconds: float) -> None:
        """Drain, and wait for the last answers for at most `seconds`."""
        self.drain()
        self.worker.stop(seconds)
        self.compilations.stop()

    def _load_now(self, named: Pointer) -> None:
        """One attempt. Whatever goes wrong, what answered before goes on answering."""
        is_first = self.last_load is None
        began = self.clock()
        engine, attempt = self._attempted(named.version)
        if not is_first:
            self.reloads[attempt.outcome] += 1
        if engine is not None:
            self.last_loaded_at = attempt.at
            self.compilations.start()
        self.last_load = attempt
        if engine is None:
            return
        self._engine = engine
        seconds = self.clock() - began
        told = {"event": "model_loaded", "model_version": engine.version, "duration_ms": round(1e3 * seconds)}
        logger.info("ready: model %s %s after %.1f s", engine.name, engine.version, seconds, extra=told)
        if not is_first:
            self._release_memory(engine)

    def _attempted(self, version: str | None) -> tuple[Engine | None, Attempt]:
        """A new engine where there is one, and what came of it."""
        before = self._engine
        try:
            engine = self._loaded(before)
        except OperatorError as exc:
            # the message says all an operator can use
            logger.error("%s: %s", self._refused, exc, extra=_refusal(version))  # noqa: TRY400
            return None, self._failure(version, str(exc))
        except Exception:
            logger.exception("%s: the model could not be loaded", self._refused, extra=_refusal(version))
            return None, self._failure(version, "the model could not be loaded; the log has the details")
        if engine is before:
            told = {"event": "model_unchanged", "model_version": engine.version}
            logger.info("model %s %s is loaded already", engine.name, engine.version, extra=told)
            return None, Attempt(self._wall(), engine.version, "unchanged")
        return engine, Attempt(self._wall(), engine.version, "loaded")

    def _loaded(self, before: Engine | None) -> Engine:
        with self.compilations.expected():
            if before is None:
                return self._load()
            with short_turns():
                return self._renewal.reload(before)

    def _release_memory(self, engine: Engine) -> None:
        try:
            release_memory(engine)
        except Exception:
            logger.exception("the memory of the model before may not be free")

    @property
    def _refused(self) -> str:
        return "not reloaded" if self.is_loaded else "not ready"

    def _failure(self, version: str | None, reason: str) -> Attempt:
        if not self.is_loaded and not self.draining:
            self.reason = reason
        return Attempt(self._wall(), version, "failed", reason)


def _refusal(version: str | None) -> dict[str, str | None]:
    return {"event": "model_refused", "model_version": version}
