"""Which model answers a request that waited while another was loaded?

The one that serves when its turn comes, from then on and in everything that the reply says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from starlette.requests import Request

    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._service import Service

MARK = "model_version"


class Turn(NamedTuple):
    """One turn of the inference thread, for whoever follows the trace of the request.

    taken, answered: seconds since the request arrived.   queue_seconds: of waiting before it was taken.
    network_seconds: in compiled functions, the network first among them.   judgments: behind the posterior.
    """

    taken: float
    answered: float
    queue_seconds: float
    network_seconds: float
    judgments: int
    trustworthy: bool


class Taken:
    """The engine of one request, taken at the first call and kept.

    Used in the inference thread alone.
    """

    __slots__ = ("_began", "_engine", "_request", "_service")

    def __init__(self, service: Service, request: Request) -> None:
        self._service = service
        self._request = request
        self._engine: Engine | None = None
        self._began = 0.0

    def __call__(self) -> Engine:
        """The engine, for one more turn. Raises NotReadyError where there is none."""
        self._began = self._service.clock()
        if self._engine is None:
            self._engine = marked(self._request, self._service.engine)
        return self._engine

    def note(self, said: Answer, queue_seconds: float) -> None:
        """The turn is over; its times are kept where somebody asked for them."""
        state = self._request.scope["state"]
        turns: list[Turn] | None = state.get("turns")
        if turns is None:
            return
        arrived = state["arrived"]
        turns.append(
            Turn(
                taken=self._began - arrived,
                answered=self._service.clock() - arrived,
                queue_seconds=queue_seconds,
                network_seconds=said.seconds,
                judgments=said.counts.judgments,
                trustworthy=said.checks.trustworthy,
            )
        )


def marked(request: Request, engine: Engine) -> Engine:
    """The engine, once the request has been marked with its version, for the header of the reply."""
    request.scope["state"][MARK] = engine.version
    return engine
