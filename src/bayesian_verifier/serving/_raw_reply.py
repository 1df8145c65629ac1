"""What does a problem look like on the wire, where no application has been asked?"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from bayesian_verifier.serving._admission import KEEP_FROM_PAGES
from bayesian_verifier.serving._problems import PROBLEM_JSON

if TYPE_CHECKING:
    from bayesian_verifier.serving._problems import Problem

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_ALWAYS = b"".join(
    b"%b: %b\r\n" % header for header in ((b"content-type", PROBLEM_JSON.encode()), *KEEP_FROM_PAGES)
)


def raw_problem(said: Problem, *, request_id: str, version: str, close: bool) -> bytes:
    """An HTTP/1.1 reply with the headers every reply carries.

    close: whether the connection ends with it.
    """
    lines = [
        _STATUS_LINES[said.status],
        _ALWAYS,
        b"content-length: %d\r\n" % len(said.document),
        *(b"%b: %b\r\n" % header for header in said.headers if header[0] != b"connection"),
        b"x-request-id: %b\r\nx-model-version: %b\r\n" % (request_id.encode(), version.encode()),
        b"connection: close\r\n\r\n" if close else b"\r\n",
        said.document,
    ]
    return b"".join(lines)
