"""What does a problem look like on the wire, where no application has been asked?"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BusyError
from bayesian_verifier.serving._admission import KEEP_FROM_PAGES
from bayesian_verifier.serving._open_inference_problem import in_words_of
from bayesian_verifier.serving._problems import PROBLEM_JSON, problem_of

if TYPE_CHECKING:
    from bayesian_verifier.serving._problems import Problem

#: Sentences with a number of requests in them; many more than a queue has places are not kept.
MOST_KNOWN = 1024

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_ALWAYS = b"".join(
    b"%b: %b\r\n" % header for header in ((b"content-type", PROBLEM_JSON.encode()), *KEEP_FROM_PAGES)
)


class KnownReply(NamedTuple):
    """A refusal as it goes over the wire, but for the id of the request, which stands between the two halves."""

    status: int
    kind: str
    before: bytes
    after: bytes

    def to(self, request_id: str) -> bytes:
        """The reply to one request."""
        return b"%b%b%b" % (self.before, request_id.encode(), self.after)


class KnownReplies:
    """Writes refusals. Those that only say how busy the service is are few, and are written once for all requests."""

    def __init__(self) -> None:
        self._known: dict[object, KnownReply] = {}

    def of(self, error: Exception, *, path: str, version: str, close: bool) -> KnownReply:
        """The reply to a request for a path. version: of the model.   close: whether the connection ends with it."""
        if not isinstance(error, BusyError):
            return _reply(in_words_of(path, problem_of(error)), version=version, close=close)
        after = getattr(error, "retry_after", None)
        key = type(error), str(error), after, path[:4] == "/v2/", version, close
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = _reply(
                in_words_of(path, problem_of(error)), version=version, close=close
            )
        return known


def _reply(said: Problem, *, version: str, close: bool) -> KnownReply:
    """An HTTP/1.1 reply with the headers every reply carries."""
    before = [
        _STATUS_LINES[said.status],
        _ALWAYS,
        b"content-length: %d\r\n" % len(said.document),
        *(b"%b: %b\r\n" % header for header in said.headers if header[0] != b"connection"),
        b"x-model-version: %b\r\n" % version.encode(),
        b"connection: close\r\n" if close else b"",
        b"x-request-id: ",
    ]
    return KnownReply(said.status, said.kind, b"".join(before), b"\r\n\r\n" + said.document)
