"""A refusal that was written for another request says what one written anew would say."""

from __future__ import annotations

import itertools
import json
from typing import NamedTuple

import h11
import pytest

from bayesian_verifier.serving._problems import (
    ForbiddenError,
    NotReadyError,
    OutOfBudgetError,
    QueueFullError,
    RefusalError,
)
from bayesian_verifier.serving._raw_reply import MOST_KNOWN, KnownReplies


class Case(NamedTuple):
    """What a reply depends on, beside the request's id."""

    error: RefusalError
    path: str
    version: str
    close: bool


ERRORS = (
    QueueFullError("64 requests are waiting already", retry_after=1),
    QueueFullError("64 requests are waiting already", retry_after=2),
    QueueFullError("63 requests are waiting already", retry_after=1),
    OutOfBudgetError("with 9 requests ahead it cannot be answered in time"),
    NotReadyError("the service is shutting down"),
    ForbiddenError("not from there"),
)
CASES = [
    Case(*one)
    for one in itertools.product(ERRORS, ("/v1/posterior", "/v2/models/a/infer"), ("a", "b"), (False, True))
]


def read(reply: bytes) -> tuple[int, dict[str, str], dict[str, object]]:
    """Status, headers and document, by a parser of somebody else's."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(reply)
    head, data = parser.next_event(), parser.next_event()
    assert isinstance(head, h11.Response)
    assert isinstance(data, h11.Data)
    assert isinstance(parser.next_event(), h11.EndOfMessage)
    assert parser.trailing_data[0] == b""
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return head.status_code, headers, json.loads(bytes(data.data))


@pytest.mark.parametrize("turn", [1, 2])
def test_each_reply_says_what_it_depends_on_however_often_it_was_written(turn: int) -> None:
    """All of them in one memory, in turn, so that each would find what was kept for another."""
    known = KnownReplies()
    for _ in range(turn):
        for number, case in enumerate(CASES):
            error, path, version, close = case
            reply = known.of(error, path=path, version=version, close=close)
            status, headers, said = read(reply.to(f"request-{number}"))
            assert (status, said["status"], said["detail"]) == (error.status, error.status, str(error))
            assert ("error" in said) == path.startswith("/v2")
            assert (headers["x-request-id"], headers["x-model-version"]) == (f"request-{number}", version)
            assert (headers.get("connection") == "close") == close
            if isinstance(error, QueueFullError):
                assert headers["retry-after"] == str(error.retry_after)
            assert headers["x-content-type-options"] == "nosniff"


def test_what_is_kept_is_bounded() -> None:
    """However many sentences there are; and what a client can put into a sentence is not kept at all."""
    known = KnownReplies()
    for number in range(2 * MOST_KNOWN):
        for error in (NotReadyError(f"reason {number}"), ForbiddenError(f"name {number}")):
            known.of(error, path="/v1/posterior", version="a", close=False)
            assert len(known._known) <= MOST_KNOWN
    assert not any(b"name " in reply.after for reply in known._known.values())
