"""What came with a request that is to be answered with a posterior, and until when?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.serving._headers import budget_seconds, content_length, require_json
from bayesian_verifier.serving._limits import MAX_BODY_BYTES
from bayesian_verifier.serving._receive import read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._service import Service
    from bayesian_verifier.serving._worker import Worker


class Asked(NamedTuple):
    """One request, received.

    arrived, deadline: on the service's clock.
    """

    body: bytes
    request_id: str
    arrived: float
    deadline: float


def engine_for(request: Request, service: Service) -> Engine:
    """The model that answers a request. Raises NotReadyError.

    One that was accepted before the service began to drain is answered even if its turn comes later.
    """
    accepted = request.scope["state"].get("accepted", False)
    return service.engine if accepted else service.require_open()


async def receive(request: Request, worker: Worker, *, body_seconds: float) -> Asked:
    """Read a request whose body is JSON and arrives within body_seconds; not one that has no place in the queue.

    Raises NotJsonTypeError, MalformedHeaderError, QueueFullError, OutOfBudgetError, and what `read_body` raises.
    """
    marks = request.scope["state"]
    headers = marks["headers"]
    require_json(headers)
    budget = budget_seconds(headers)
    length = content_length(headers)
    if "ticket" not in marks:
        worker.require_room(budget)
    body = await read_body(request.receive, length, limit=MAX_BODY_BYTES, seconds=body_seconds)
    # it comes with the last of the body, and until here others had to reckon with it
    if (ticket := marks.get("ticket")) is not None:
        ticket.release()
    return Asked(body, marks["request_id"], marks["arrived"], marks["arrived"] + budget)
