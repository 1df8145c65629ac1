"""Which model answers a request that waited while another was loaded?

The one that serves when its turn comes, from then on and in everything that the reply says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._service import Service

MARK = "model_version"


class Taken:
    """The engine of one request, taken at the first call and kept.

    Called in the inference thread. Raises NotReadyError where there is no engine.
    """

    __slots__ = ("_engine", "_request", "_service")

    def __init__(self, service: Service, request: Request) -> None:
        self._service = service
        self._request = request
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        """The engine."""
        if self._engine is None:
            self._engine = marked(self._request, self._service.engine)
        return self._engine


def marked(request: Request, engine: Engine) -> Engine:
    """The engine, once the request has been marked with its version, for the header of the reply."""
    request.scope["state"][MARK] = engine.version
    return engine
