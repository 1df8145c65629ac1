"""How is a refusal said? As the service does: each is an exception with its status, the document is RFC 9457."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from bayesian_verifier.errors import BayesianVerifierError, BusyError, CallerError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:bayesian-verifier:problem:"


class PageRefusalError(BayesianVerifierError):
    """A request that is answered with a problem; subclasses fix status, kind and title."""

    status: ClassVar[int]
    kind: ClassVar[str]
    title: ClassVar[str]


class BadQuestionError(PageRefusalError, CallerError):
    """A parameter or a body that cannot be read."""

    status, kind, title = 400, "bad-question", "The question cannot be read"


class NoTokenError(PageRefusalError, CallerError):
    """The bearer token is missing or wrong."""

    status, kind, title = 401, "unauthorized", "A bearer token is required"


class NotFromThereError(PageRefusalError, CallerError):
    """The request comes from another web page, through another name, or there is no token to show."""

    status, kind, title = 403, "forbidden", "Not from there"


class NotThereError(PageRefusalError, CallerError):
    """There is no such thing."""

    status, kind, title = 404, "not-found", "Not here"


class WrongMethodError(PageRefusalError, CallerError):
    """It cannot be asked in this way."""

    status, kind, title = 405, "method", "Not in this way"


class NoLongerOpenError(PageRefusalError, CallerError):
    """What was to be decided is decided, or its time is over."""

    status, kind, title = 409, "not-open", "Nothing is to be decided"


class BodyTooLargeError(PageRefusalError, CallerError):
    """The body is longer than any decision."""

    status, kind, title = 413, "too-large", "Too large"


class NotJsonBodyError(PageRefusalError, CallerError):
    """The body says it is something else than JSON."""

    status, kind, title = 415, "not-json-type", "Only application/json is read"


class TooManyWatchersError(PageRefusalError, BusyError):
    """As many pages are open as may be."""

    status, kind, title = 503, "too-many-watchers", "Too many pages are open"


def document_of(error: BaseException) -> tuple[int, Mapping[str, object]]:
    """Status and document; the unforeseen is our own fault: 500, saying nothing."""
    if not isinstance(error, PageRefusalError):
        status, kind, title = 500, "internal", "Internal error"
        detail = "This is our fault; the log has the details."
    else:
        status, kind, title, detail = error.status, error.kind, error.title, str(error)
    return status, {"type": TYPE_PREFIX + kind, "title": title, "status": status, "detail": detail}


def bytes_of(document: object) -> bytes:
    """JSON in UTF-8; NaN and Infinity are not JSON."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
