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
from bayesian_verifier.serving._taken import MARK
from bayesian_verifier.serving._witness import ids_of, parent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from bayesian_verifier.serving._admission import Admission
    from bayesian_verifier.serving._doorkeeper import Doorkeeper
    from bayesian_verifier.serving._problems import Problem
    from bayesian_verifier.serving._service import Service
    from bayesian_verifier.serving._witness import Witness
    from bayesian_verifier.serving._worker import Ticket

logger = logging.getLogger(__name__)
LEAVING = "the service is shutting down, and the time for last answers is over"


class Door:
    """ASGI middleware around the whole application.

    witness: is told of each request.   new_id: makes the id of a request that brings none.
    Puts `arrived`, `request_id` and `headers` (bytes by lower-case name) into the request's state.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: Service,
        witness: Witness,
        admission: Admission | Doorkeeper,
        new_id: Callable[[], str],
    ) -> None:
        self._app = app
        self._service = service
        self._witness = witness
        self._admission = admission
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        arrived = self._service.clock()
        headers = headers_of(scope["headers"])
        identity = request_id(headers) or self._new_id()
        state = scope.setdefault("state", {})
        state.update(arrived=arrived, request_id=identity, headers=headers)
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    *KEEP_FROM_PAGES,
                    (b"x-request-id", identity.encode()),
                    (b"x-model-version", (state.get(MARK) or self._service.model_version).encode()),
                ]
            await send(message)

        self._witness.begins(scope)
        try:
            self._admission.admit(scope["path"], headers)
            await self._app(scope, receive, send_marked)
        except DisconnectedError:
            return
        except asyncio.CancelledError:
            # the time for last answers is over
            if not status:
                refused = problem_of(NotReadyError(LEAVING))
                state["reason"] = refused.kind
                await send_problem(in_words_of(scope["path"], refused), send_marked)
        except Exception as exc:
            if status:
                raise
            if not isinstance(exc, BayesianVerifierError):
                state["fault"] = type(exc).__qualname__
                logger.exception("a request failed", extra=ids_of(identity, parent_of(scope)))
            refused = problem_of(exc)
            state["reason"] = refused.kind
            await send_problem(in_words_of(scope["path"], refused), send_marked)
        finally:
            release_ticket(scope)
            self._witness.ends(scope, status)


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
