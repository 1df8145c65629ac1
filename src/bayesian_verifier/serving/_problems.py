"""How is a refusal said over HTTP?

Each refusal is an exception that carries its status, so that one translation serves all; the document is
RFC 9457 (`application/problem+json`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import orjson

from bayesian_verifier.errors import BayesianVerifierError, BusyError, CallerError, InvalidEvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.errors import Violation

PROBLEM_JSON = "application/problem+json"
MAX_VIOLATIONS = 32
TYPE_PREFIX = "urn:bayesian-verifier:problem:"


class RefusalError(BayesianVerifierError):
    """A request that is answered with a problem; subclasses fix status, kind and title.

    unread: part of the body was left unread, so the connection cannot be used again.
    """

    status: ClassVar[int]
    kind: ClassVar[str]
    title: ClassVar[str]
    unread = False


class MalformedHeaderError(RefusalError, CallerError):
    """A header of the request cannot be read."""

    status, kind, title = 400, "malformed-header", "A header cannot be read"


class MalformedRequestError(RefusalError, CallerError):
    """The bytes are not a request of HTTP/1.1, or leave room for doubt where it ends or for whom it is."""

    status, kind, title = 400, "malformed-request", "The request cannot be read"
    unread = True


class NotJsonError(RefusalError, CallerError):
    """The body is not JSON (NaN and Infinity are not)."""

    status, kind, title = 400, "not-json", "The body is not JSON"


class UnauthorizedError(RefusalError, CallerError):
    """The bearer token is missing or wrong."""

    status, kind, title = 401, "unauthorized", "A bearer token is required"


class ForbiddenError(RefusalError, CallerError):
    """The request comes from a web page, or through a name that is not this machine's."""

    status, kind, title = 403, "forbidden", "Not from there"


class UnknownModelError(RefusalError, CallerError):
    """A path names a model, or a version of it, that is not served here."""

    status, kind, title = 404, "unknown-model", "No such model"


class SlowHeadError(RefusalError, CallerError):
    """Request line and headers did not arrive in time."""

    status, kind, title = 408, "slow-head", "The headers took too long to arrive"
    unread = True


class SlowBodyError(RefusalError, CallerError):
    """The body did not arrive in time."""

    status, kind, title = 408, "slow-body", "The body took too long to arrive"
    unread = True


class OtherModelError(RefusalError, CallerError):
    """The state was given by another version of the model."""

    status, kind, title = 409, "other-model", "The state belongs to another model version"


class TooLargeError(RefusalError, CallerError):
    """The body, or the list of judgments in it, is too long."""

    status, kind, title = 413, "too-large", "Too large"

    def __init__(self, detail: str, *, unread: bool = False) -> None:
        super().__init__(detail)
        self.unread = unread


class NotJsonTypeError(RefusalError, CallerError):
    """The body says it is something else than plain JSON."""

    status, kind, title = 415, "not-json-type", "Only application/json is read"


class ExpectationError(RefusalError, CallerError):
    """The request expects what this service does not do."""

    status, kind, title = 417, "expectation", "What is expected cannot be met"
    unread = True


class HeadTooLargeError(RefusalError, CallerError):
    """Request line and headers are too long, or too many."""

    status, kind, title = 431, "head-too-large", "The headers are too large"
    unread = True


class QueueFullError(RefusalError, BusyError):
    """As many requests wait as may wait; `retry_after` seconds from now there should be room."""

    status, kind, title = 429, "queue-full", "The queue is full"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotReadyError(RefusalError, BusyError):
    """No posterior is served now: still loading, failed to load, or draining."""

    status, kind, title = 503, "not-ready", "Not ready"


class TooManyConnectionsError(RefusalError, BusyError):
    """As many connections are open as may be, and none of them is idle."""

    status, kind, title = 503, "too-many-connections", "Too many connections"
    unread = True


class OutOfBudgetError(RefusalError, BusyError):
    """The answer cannot be had within the caller's X-Request-Timeout-Ms."""

    status, kind, title = 504, "out-of-budget", "Out of time"


class Problem(NamedTuple):
    """One problem document, the headers that go with it, and the last part of its type."""

    status: int
    document: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    kind: str = ""


def problem(status: int, kind: str, title: str, detail: str, violations: Sequence[Violation] = ()) -> Problem:
    """The document of RFC 9457; `errors` names the first 32 broken rules, if there are any."""
    content: dict[str, object] = {
        "type": TYPE_PREFIX + kind,
        "title": title,
        "status": status,
        "detail": detail,
    }
    if violations:
        content["errors"] = [violation._asdict() for violation in violations[:MAX_VIOLATIONS]]
    return Problem(status, orjson.dumps(content), kind=kind)


def problem_of(error: BaseException) -> Problem:
    """The problem an exception is answered with; the unforeseen is our own fault: 500, saying nothing."""
    if isinstance(error, InvalidEvidenceError):
        return problem(422, "invalid-evidence", "The evidence breaks a rule", str(error), error.violations)
    if not isinstance(error, RefusalError):
        return problem(500, "internal", "Internal error", "This is our fault; the log has the details.")
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, QueueFullError):
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if isinstance(error, UnauthorizedError):
        headers.append((b"www-authenticate", b'Bearer realm="bayesian-verifier"'))
    if error.unread:
        headers.append((b"connection", b"close"))
    said = problem(error.status, error.kind, error.title, str(error))
    return said._replace(headers=tuple(headers))
