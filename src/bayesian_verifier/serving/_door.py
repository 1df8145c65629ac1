"""What happens to every request, whatever it asks for?

It is let in or not, gets an id, is counted, and whatever goes wrong behind the door leaves as a problem
document.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from bayesian_verifier.errors import BayesianVerifierError
from bayesian_verifier.serving._admission import KEEP_FROM_PAGES
from bayesian_verifier.serving._headers import headers_of, request_id
from bayesian_verifier.serving._open_inference_problem import in_words_of
from bayesian_verifier.serving._problems import PROBLEM_JSON, NotReadyError, problem_of
from bayesian_verifier.serving._receive import DisconnectedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bayesian_verifier.serving._admission import Admission
    from bayesian_verifier.serving._metrics import Metrics
    from bayesian_verifier.serving._problems import Problem
    from bayesian_verifier.serving._service import Service
    from bayesian_verifier.serving._worker import Ticket

logger = logging.getLogger(__name__)
LEAVING = "the service is shutting down, and the time for last answers is over"


class Door:
    """ASGI middleware around the whole application.

    route_name: under which name a path is counted.   new_id: makes the id of a request that brings none.
    Puts `arrived`, `request_id` and `headers` (bytes by lower-case name) into the request's state.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: Service,
        metrics: Metrics,
        admission: Admission,
        route_name: Callable[[str], str],
        new_id: Callable[[], str],
    ) -> None:
        self._app = app
        self._service = service
        self._metrics = metrics
        self._admission = admission
        self._route_name = route_name
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        arrived = self._service.clock()
        headers = headers_of(scope["headers"])
        identity = request_id(headers) or self._new_id()
        scope.setdefault("state", {}).update(arrived=arrived, request_id=identity, headers=headers)
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *KEEP_FROM_PAGES,
                    (b"x-request-id", identity.encode()),
                    (b"x-model-version", self._service.model_version.encode()),
                ]
            await send(message)

        try:
            self._admission.admit(scope["path"], headers)
            await self._app(scope, receive, send_marked)
        except DisconnectedError:
            return
        except asyncio.CancelledError:
            # the time for last answers is over
            if not status:
                await send_problem(
                    in_words_of(scope["path"], problem_of(NotReadyError(LEAVING))), send_marked
                )
        except Exception as exc:
            if status:
                raise
            if not isinstance(exc, BayesianVerifierError):
                logger.exception("request %s failed", identity)
            await send_problem(in_words_of(scope["path"], problem_of(exc)), send_marked)
        finally:
            release_ticket(scope)
        seconds = self._service.clock() - arrived
        self._metrics.observe_request(self._route_name(scope["path"]), status, seconds)


def release_ticket(scope: Scope) -> None:
    """A request that was on its way to the queue, but never asked for its place, is not to be reckoned with."""
    ticket: Ticket | None = scope["state"].get("ticket")
    if ticket is not None:
        ticket.release()


async def send_problem(problem: Problem, send: Send) -> None:
    """Answer with a problem document."""
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", b"%d" % len(problem.document)),
        *problem.headers,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": problem.document})
