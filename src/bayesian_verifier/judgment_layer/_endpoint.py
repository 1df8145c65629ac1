"""Where does the verifier listen, and how is that written in a URL?"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bayesian_verifier.errors import CallerError

_FORMS = "http://host:port or http+unix:///path/to.sock"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TCP port or a Unix socket, and the path under which the service answers there.

    host: name or address, without brackets; empty for a Unix socket.   socket_path: empty for TCP.
    """

    host: str
    port: int
    socket_path: str
    base: str

    @classmethod
    def of(cls, url: str) -> Endpoint:
        """The endpoint a URL names. Raises CallerError for any other form."""
        if not isinstance(url, str):
            raise CallerError(f"expected {_FORMS}, got {url!r}")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as exc:
            raise CallerError(f"expected {_FORMS}, got {url!r}: {exc}") from exc
        if parts.query or parts.fragment or "@" in parts.netloc or not re.fullmatch(r"[!-~]+", url):
            raise CallerError(f"expected {_FORMS}, without user, query or fragment, got {url!r}")
        if re.search(r"/v[12](/|$)", parts.path):
            raise CallerError(f"expected {_FORMS}, without the route that is asked there, got {url!r}")
        if parts.scheme == "http" and parts.hostname and port != 0:
            return cls(parts.hostname, port or 80, "", parts.path.rstrip("/"))
        if parts.scheme == "http+unix" and (path := unquote(parts.netloc + parts.path)):
            return cls("", 0, path, "")
        raise CallerError(f"expected {_FORMS}, got {url!r}")

    @property
    def authority(self) -> str:
        """What belongs in the Host header."""
        if self.socket_path:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"  # noqa: PLR2004 the port of http

    @property
    def is_name(self) -> bool:
        """Whether the host has to be looked up."""
        if self.socket_path:
            return False
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return True
        return False
