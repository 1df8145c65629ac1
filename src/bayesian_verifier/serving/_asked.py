"""What came with a request that is to be answered with a posterior, and until when?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.serving._headers import budget_seconds, content_length, require_json
from bayesian_verifier.serving._limits import MAX_BODY_BYTES
from bayesian_verifier.serving._receive import read_body

if TYPE_CHECKING:
    from starlette.requests import Request


class Asked(NamedTuple):
    """One request, received.

    arrived, deadline: on the service's clock.
    """

    body: bytes
    request_id: str
    arrived: float
    deadline: float


async def receive(request: Request, *, body_seconds: float) -> Asked:
    """Read a request whose body is JSON and arrives within body_seconds.

    Raises NotJsonTypeError, MalformedHeaderError, and what `read_body` raises.
    """
    marks = request.scope["state"]
    headers = marks["headers"]
    require_json(headers)
    deadline = marks["arrived"] + budget_seconds(headers)
    length = content_length(headers)
    body = await read_body(request.receive, length, limit=MAX_BODY_BYTES, seconds=body_seconds)
    return Asked(body, marks["request_id"], marks["arrived"], deadline)
