"""Who may ask? The same rules as the service's: see `serving`, which is another room and may not be here.

A loopback port is open to every web page its user visits. So requests must be addressed to this machine by name, must
not come from another origin, and carry the token where there is one. The page itself, which holds nobody's data, may be
opened from a link anywhere. An approval needs the token always.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesian_verifier.dashboard._problems import NotFromThereError, NoTokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class PageRules:
    """Who is let in.

    hosts: names a request may be addressed to, in lower case and without the port; None for any.
    token_digest: SHA-256 of the bearer token; None where none is set.
    """

    hosts: frozenset[str] | None = LOOPBACK_NAMES
    token_digest: bytes | None = None

    def admit_to_page(self, headers: Mapping[str, str]) -> None:
        """To what holds no data. Raises NotFromThereError."""
        host = headers.get("host", "").lower()
        if self.hosts is not None and _without_port(host) not in self.hosts:
            raise NotFromThereError("Host: this page answers only to the name of this machine")

    def admit_to_data(self, headers: Mapping[str, str]) -> None:
        """To people's data. Raises NotFromThereError or NoTokenError."""
        self.admit_to_page(headers)
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            raise NotFromThereError("Origin: pages of other origins get no answer")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise NotFromThereError("Sec-Fetch-Site: pages of other origins get no answer")
        if self.token_digest is not None and not self._knows_token(headers):
            raise NoTokenError("send the token as `Authorization: Bearer …`")

    def admit_to_decide(self, headers: Mapping[str, str]) -> None:
        """To approve or reject. Raises NotFromThereError or NoTokenError."""
        self.admit_to_data(headers)
        if self.token_digest is None:
            raise NotFromThereError(
                "decisions need a token and none is set: start with a token file, or use `retrain approve`"
            )

    def _knows_token(self, headers: Mapping[str, str]) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = hashlib.sha256(token.strip().encode("latin-1")).digest()
        return scheme.lower() == "bearer" and hmac.compare_digest(given, self.token_digest or b"")


def page_rules(*, host: str, loopback: bool, token: str | None) -> PageRules:
    """The rules of a page that listens on host. loopback: only this machine can connect over TCP."""
    named = f"[{host.lower()}]" if ":" in host else host.lower()
    digest = None if token is None else hashlib.sha256(token.encode()).digest()
    return PageRules(LOOPBACK_NAMES | {named} if loopback else None, digest)


def _without_port(host: str) -> str:
    """The name in a Host header: `[::1]:8080` is `[::1]`."""
    return host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
