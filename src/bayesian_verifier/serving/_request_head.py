"""May a request with this head be read at all?

A server and whatever stands before it must agree where a request begins, where it ends and for whom it is
(RFC 9112, sections 3.2, 6.1 and 6.3). What leaves room for doubt is refused; the parser has refused the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bayesian_verifier.serving._problems import ExpectationError, MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bayesian_verifier.serving._problems import RefusalError

VERSIONS = ("1.0", "1.1")
# uri-host [ ":" port ] of RFC 3986; a user name before an @ is no part of it
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]{0,5})?")


def head_refusal(
    *, version: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> RefusalError | None:
    """Why a request is refused for its head, or None. version: such as "1.1".   headers: names in lower case."""
    return next(_doubts(version, target, headers), None)


def _doubts(version: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Iterator[RefusalError]:
    if version not in VERSIONS:
        yield MalformedRequestError("only HTTP/1.1 and HTTP/1.0 are spoken here")
    if not target.startswith(b"/") or b"#" in target:
        yield MalformedRequestError("the request target must be a path that begins with a slash")
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        yield MalformedRequestError(f"expected exactly one Host, got {len(hosts)}")
    if hosts and not HOST.fullmatch(hosts[0]):
        yield MalformedRequestError("Host: expected a name and perhaps a port")
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0"):
        yield MalformedRequestError("Transfer-Encoding: only chunked, once, in HTTP/1.1")
    if any(name == b"expect" and value.strip().lower() != b"100-continue" for name, value in headers):
        yield ExpectationError("Expect: only 100-continue is understood")
