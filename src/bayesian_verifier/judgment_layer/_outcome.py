"""What does a reply, or its failure, mean for those who asked?

| what happened                                            | reason        | the service failed |
|----------------------------------------------------------|---------------|--------------------|
| 200 with a posterior that belongs to the request         |               | no                 |
| 200 with anything else; not HTTP; too long               | invalid_reply | yes                |
| the deadline; 504                                        | timeout       | yes                |
| no name, no route, refused, reset, closed before the end | unreachable   | yes                |
| 429, 503; a Unix socket whose queue is full              | overloaded    | yes                |
| any other status from 500                                | server_error  | yes                |
| any other status below 500: it will not answer *this*    | server_error  | no                 |
| not asked, because the breaker is open                   | circuit_open  | not counted        |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.judgment_layer._connection import NotHttpError
from bayesian_verifier.judgment_layer._reply import InvalidReplyError, problem_of, read_posterior

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._connection import Reply
    from bayesian_verifier.judgment_layer._values import Failure, Posterior

_BY_STATUS: dict[int, Failure] = {429: "overloaded", 503: "overloaded", 504: "timeout"}
_OK, _SERVER_FAULTS = 200, 500


class Meaning(NamedTuple):
    """A posterior, or a reason with what happened in words; whether the service failed."""

    posterior: Posterior | None
    reason: Failure | None
    detail: str
    failed: bool


def meaning_of_reply(reply: Reply, *, request_id: str, judgments: int) -> Meaning:
    """What a complete reply means."""
    if reply.status == _OK:
        try:
            posterior = read_posterior(reply, request_id=request_id, judgments=judgments)
        except InvalidReplyError as exc:
            return Meaning(None, "invalid_reply", str(exc), failed=True)
        return Meaning(posterior, None, "", failed=False)
    reason = _BY_STATUS.get(reply.status, "server_error")
    failed = reply.status >= _SERVER_FAULTS or reason == "overloaded"
    return Meaning(None, reason, problem_of(reply), failed=failed)


def meaning_of_fault(fault: OSError | NotHttpError) -> Meaning:
    """What it means that no reply came."""
    if isinstance(fault, NotHttpError):
        return Meaning(None, "invalid_reply", str(fault), failed=True)
    if isinstance(fault, TimeoutError):
        return Meaning(None, "timeout", "no complete reply in time", failed=True)
    if isinstance(fault, BlockingIOError):
        return Meaning(None, "overloaded", "its queue of connections is full", failed=True)
    return Meaning(None, "unreachable", fault.strerror or str(fault) or type(fault).__name__, failed=True)
