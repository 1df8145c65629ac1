"""Which addresses does a host name have? Asked beside the call, which a slow name service cannot delay."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bayesian_verifier.judgment_layer._search import Address, Search

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer._endpoint import Endpoint

Lookup = Callable[..., list[tuple[Any, ...]]]


class Resolver:
    """The addresses of one endpoint, kept until connecting to them fails. Safe among threads.

    lookup: as socket.getaddrinfo. It runs in a thread of its own, at most one at a time, however long it takes;
    an answer that comes too late for the call that wanted it serves the next.
    """

    def __init__(self, endpoint: Endpoint, lookup: Lookup) -> None:
        self._endpoint = endpoint
        self._lookup = lookup
        self._lock = threading.Lock()
        self._search: Search | None = None
        if endpoint.socket_path:
            self._known = [Address(socket.AF_UNIX, endpoint.socket_path)]
        elif not endpoint.is_name:
            family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
            self._known = [Address(family, (endpoint.host, endpoint.port))]
        else:
            self._known = []

    def addresses(self) -> Search:
        """The addresses, or the OSError of the name service, now or soon."""
        with self._lock:
            if self._search is None:
                self._search = Search()
                self._begin(self._search)
            return self._search

    def _begin(self, search: Search) -> None:
        if self._known:
            search.settle(self._known)
            return
        try:
            threading.Thread(target=self._look, args=(search,), daemon=True).start()
        except RuntimeError as exc:  # no thread to be had, as in an interpreter that is on its way out
            search.settle(OSError(str(exc)))

    def _look(self, search: Search) -> None:
        try:
            found = self._lookup(self._endpoint.host, self._endpoint.port, type=socket.SOCK_STREAM)
            addresses = [Address(family, where) for family, _, _, _, where in found]
        except Exception as exc:  # noqa: BLE001 whatever ends this thread, its callers must hear of it
            search.settle(exc if isinstance(exc, OSError) else OSError(str(exc)))
        else:
            search.settle(addresses)

    def forget(self) -> None:
        """Ask again next time, unless the answer is still awaited."""
        with self._lock:
            if self._search is not None and self._search.is_done:
                self._search = None
