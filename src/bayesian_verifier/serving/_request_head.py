"""May a request with this head be read at all?

A server and whatever stands before it must agree where a request begins, where it ends and for whom it is
(RFC 9112, sections 3.2, 6.1 and 6.3). What leaves room for doubt is refused; the parser has refused the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httptools

from bayesian_verifier.serving._problems import ExpectationError, MalformedRequestError, RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSIONS = ("1.0", "1.1")
# uri-host [ ":" port ] of RFC 3986; a user name before an @ is no part of it
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]{0,5})?")


def head_refusal(*, version: str, target: bytes, headers: Mapping[bytes, bytes]) -> RefusalError | None:
    """Why a request is refused for its head, or None.

    version: such as "1.1".   headers: as `headers_of` gives them: what came twice has a comma and a space in it.
    """
    if version not in VERSIONS:
        return MalformedRequestError("only HTTP/1.1 and HTTP/1.0 are spoken here")
    if not target.startswith(b"/") or b"#" in target:
        return MalformedRequestError("the request target must be a path that begins with a slash")
    host = headers.get(b"host")
    if host is None and version == "1.1":
        return MalformedRequestError("Host: missing")
    if host is not None and not HOST.fullmatch(host):
        return MalformedRequestError("Host: expected one name and perhaps a port")
    return _framing_refusal(version, headers)


def _framing_refusal(version: str, headers: Mapping[bytes, bytes]) -> RefusalError | None:
    """Why it is in doubt where the body ends, or whether it comes."""
    coding = headers.get(b"transfer-encoding")
    if coding is not None and (coding.strip().lower() != b"chunked" or version == "1.0"):
        return MalformedRequestError("Transfer-Encoding: only chunked, once, in HTTP/1.1")
    expected = headers.get(b"expect")
    if expected is not None and expected.strip().lower() != b"100-continue":
        return ExpectationError("Expect: only 100-continue is understood")
    return None


def head_without_upgrade(
    method: bytes, target: bytes, version: str, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """The head as a client writes it who asks for no other protocol."""
    lines = [b"%b: %b" % header for header in headers if header[0] != b"upgrade"]
    return b"\r\n".join([b"%b %b HTTP/%b" % (method, target, version.encode()), *lines, b"", b""])


def what_went_wrong(error: Exception) -> Exception:
    """Why a request could not be taken in: what it is refused with, or a fault of our own.

    error: raised while the parser was fed. It wraps whatever is raised while it calls us.
    """
    for one in (error, error.__context__):
        if isinstance(one, RefusalError):
            return one
    if not isinstance(error, httptools.HttpParserError):
        return error
    if not isinstance(error, httptools.HttpParserCallbackError):
        return MalformedRequestError(f"this is not HTTP/1.1: {error}")
    if isinstance(error.__context__, httptools.HttpParserError):
        return MalformedRequestError("the request target cannot be read")
    return error.__context__ if isinstance(error.__context__, Exception) else error
