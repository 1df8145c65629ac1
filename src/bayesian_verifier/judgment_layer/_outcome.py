"""What does a reply, or its failure, mean for those who asked?

| what happened                                            | reason        | the service failed |
|----------------------------------------------------------|---------------|--------------------|
| 200 with a posterior that belongs to the request         |               | no                 |
| 200 with anything else; not HTTP; too long               | invalid_reply | yes                |
| the deadline; 504                                        | timeout       | yes                |
| no name, no route, refused, reset, closed before the end | unreachable   | yes                |
| this process has no file or memory left for a connection | unreachable   | not counted        |
| 429, 503; a Unix socket whose queue is full              | overloaded    | yes                |
| any other status from 500                                | server_error  | yes                |
| any other status below 500: it will not answer *this*    | server_error  | no                 |
| the time is over before all could be asked               | timeout       | not counted        |
| not asked, because the breaker is open                   | circuit_open  | not counted        |

A refusal of the state that was sent along, or a posterior of another model than gave it, is no outcome yet: the
question is asked again without the state.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.judgment_layer._connection import NotHttpError
from bayesian_verifier.judgment_layer._reply import (
    InvalidReplyError,
    StaleStateError,
    check_request_id,
    problem_of,
    read_answer,
    read_json,
    refuses_state,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment_layer._connection import Reply
    from bayesian_verifier.judgment_layer._reply import Expected
    from bayesian_verifier.judgment_layer._values import Failure, Posterior

_BY_STATUS: dict[int, Failure] = {429: "overloaded", 503: "overloaded", 504: "timeout"}
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
_OK, _REFUSALS, _SERVER_FAULTS = 200, 400, 500


class Meaning(NamedTuple):
    """A posterior, or a reason with what happened in words.

    failed: whether the service did; None if this says nothing about it.
    state: to go on from, with a posterior.   is_stale: the state that was sent cannot be gone on from.
    """

    posterior: Posterior | None
    reason: Failure | None
    detail: str
    failed: bool | None
    state: str | None = None
    is_stale: bool = False


NOT_ASKED = Meaning(None, "circuit_open", "too many calls have failed lately", failed=None)
OUT_OF_TIME = Meaning(None, "timeout", "no time was left to ask", failed=None)


def meaning_of_reply(reply: Reply, expected: Expected) -> Meaning:
    """What a complete reply to a question about one person means."""
    if reply.status != _OK:
        return _meaning_of_problem(reply.status, _document_of(reply), expected)
    try:
        check_request_id(reply, expected.request_id)
        return _meaning_of_document(read_json(reply.body), reply, expected)
    except InvalidReplyError as exc:
        return _invalid(exc)


def meanings_of_list(reply: Reply, request_id: str, expected: Sequence[Expected]) -> list[Meaning]:
    """What a complete reply to a question about several means for each."""
    if reply.status != _OK:
        document = _document_of(reply)
        return [_meaning_of_problem(reply.status, document, one) for one in expected]
    try:
        check_request_id(reply, request_id)
        documents = read_json(reply.body, len(expected))
        if not isinstance(documents, list) or len(documents) != len(expected):
            raise InvalidReplyError(f"expected a list of {len(expected)}")  # noqa: TRY301 as others
    except InvalidReplyError as exc:
        return [_invalid(exc)] * len(expected)
    return [_meaning_of_element(*pair, reply) for pair in zip(documents, expected, strict=True)]


def _meaning_of_element(document: object, expected: Expected, reply: Reply) -> Meaning:
    """A posterior, or a problem document, which names its status."""
    status = document.get("status") if isinstance(document, dict) else None
    if type(status) is int and status >= _REFUSALS:
        return _meaning_of_problem(status, document, expected)
    return _meaning_of_document(document, reply, expected)


def _meaning_of_document(document: object, reply: Reply, expected: Expected) -> Meaning:
    try:
        answer = read_answer(document, reply, expected)
    except StaleStateError as exc:
        return Meaning(None, "server_error", str(exc), failed=False, is_stale=True)
    except InvalidReplyError as exc:
        return _invalid(exc)
    return Meaning(answer.posterior, None, "", failed=False, state=answer.state)


def _meaning_of_problem(status: int, document: object, expected: Expected) -> Meaning:
    reason = _BY_STATUS.get(status, "server_error")
    failed = status >= _SERVER_FAULTS or reason == "overloaded"
    stale = expected.version is not None and refuses_state(status, document)
    return Meaning(None, reason, problem_of(status, document), failed=failed, is_stale=stale)


def _document_of(reply: Reply) -> object:
    """The document in a reply of another status, None where it is none: a gateway may write anything."""
    try:
        return read_json(reply.body)
    except InvalidReplyError:
        return None


def _invalid(exc: InvalidReplyError) -> Meaning:
    return Meaning(None, "invalid_reply", str(exc), failed=True)


def meaning_of_fault(fault: OSError | NotHttpError) -> Meaning:
    """What it means that no reply came."""
    if isinstance(fault, NotHttpError):
        return Meaning(None, "invalid_reply", str(fault), failed=True)
    if isinstance(fault, TimeoutError):
        return Meaning(None, "timeout", "no complete reply in time", failed=True)
    if isinstance(fault, BlockingIOError):
        return Meaning(None, "overloaded", "its queue of connections is full", failed=True)
    failed = None if fault.errno in _OURS else True
    return Meaning(None, "unreachable", fault.strerror or str(fault) or type(fault).__name__, failed=failed)
