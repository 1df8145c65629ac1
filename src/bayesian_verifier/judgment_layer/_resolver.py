"""Which addresses does a host name have? Asked beside the call, which a slow name service cannot delay."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._endpoint import Endpoint

Lookup = Callable[..., list[tuple[Any, ...]]]


class Address(NamedTuple):
    """What a socket needs to connect."""

    family: int
    where: Any


class Resolver:
    """The addresses of one endpoint, kept until connecting to them fails. Safe among threads.

    lookup: as socket.getaddrinfo. It runs in a thread of its own, at most one at a time; an answer that comes
    too late for the call that wanted it serves the next.
    """

    def __init__(self, endpoint: Endpoint, lookup: Lookup) -> None:
        self._endpoint = endpoint
        self._lookup = lookup
        self._lock = threading.Lock()
        self._future: Future[list[Address]] | None = None
        if endpoint.socket_path:
            self._known = [Address(socket.AF_UNIX, endpoint.socket_path)]
        elif not endpoint.is_name:
            family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
            self._known = [Address(family, (endpoint.host, endpoint.port))]
        else:
            self._known = []

    def addresses(self) -> Future[list[Address]]:
        """The addresses, or the OSError of the name service, now or soon."""
        with self._lock:
            if self._future is None:
                self._future = Future()
                if self._known:
                    self._future.set_result(self._known)
                else:
                    threading.Thread(target=self._look, args=(self._future,), daemon=True).start()
            return self._future

    def _look(self, future: Future[list[Address]]) -> None:
        try:
            found = self._lookup(self._endpoint.host, self._endpoint.port, type=socket.SOCK_STREAM)
            addresses = [Address(family, where) for family, _, _, _, where in found]
        except Exception as exc:  # noqa: BLE001 whatever ends this thread, its callers must hear of it
            future.set_exception(exc if isinstance(exc, OSError) else OSError(str(exc)))
        else:
            future.set_result(addresses)

    def forget(self) -> None:
        """Ask again next time, unless the answer is still awaited."""
        with self._lock:
            if self._future is not None and self._future.done():
                self._future = None
