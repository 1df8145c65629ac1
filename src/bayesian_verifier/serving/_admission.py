"""Who may ask?

A port on loopback is open to every web page its user visits: a page can send requests to it, and by
rebinding its own name even read the answers. So requests must be addressed to this machine by name, must
not come from another origin, and carry the token where there is one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesian_verifier.serving._problems import ForbiddenError, UnauthorizedError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: On every reply: what a browser is told to do for a page that embeds it as a script, an image or a frame.
KEEP_FROM_PAGES = (
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN_PATHS = frozenset({"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"})


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in.

    hosts: names a request may be addressed to, in lower case and without the port; None for any.
    token_digest: SHA-256 of the bearer token; None where none is asked for.
    """

    hosts: frozenset[str] | None = LOOPBACK_NAMES
    token_digest: bytes | None = None

    def admit(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        """Raises ForbiddenError or UnauthorizedError; probes need no token."""
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self.hosts is not None and _without_port(host) not in self.hosts:
            raise ForbiddenError("Host: this service answers only to the name of this machine")
        _refuse_other_origins(host, headers)
        if self.token_digest is not None and path not in OPEN_PATHS and not self._knows_token(headers):
            raise UnauthorizedError("send the service's token as `Authorization: Bearer …`")

    def _knows_token(self, headers: Mapping[bytes, bytes]) -> bool:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = hashlib.sha256(token.strip()).digest()
        return scheme.lower() == b"bearer" and hmac.compare_digest(given, self.token_digest or b"")


def admission(*, host: str, loopback: bool, token: str | None) -> Admission:
    """The admission of a service that listens on host.

    loopback: whether only this machine can connect over TCP, so that the name must be this machine's.
    """
    return Admission(
        hosts=LOOPBACK_NAMES | {_bracketed(host.lower())} if loopback else None,
        token_digest=None if token is None else hashlib.sha256(token.encode()).digest(),
    )


def _refuse_other_origins(host: str, headers: Mapping[bytes, bytes]) -> None:
    """A browser says where a request comes from; only our own pages may ask."""
    origin = headers.get(b"origin")
    if origin is not None and origin.decode("latin-1").lower() not in (f"http://{host}", f"https://{host}"):
        raise ForbiddenError("Origin: web pages of other origins get no answer")
    if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
        raise ForbiddenError("Sec-Fetch-Site: web pages of other origins get no answer")


def _without_port(host: str) -> str:
    """The name in a Host header: `[::1]:8080` is `[::1]`."""
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
