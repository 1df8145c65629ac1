"""How much of a client's time, bytes and connections does the service give it?"""

from __future__ import annotations

from typing import NamedTuple

from bayesian_verifier.serving._problems import HeadTooLargeError


class ProtocolLimits(NamedTuple):
    """What a client may take.

    head_seconds: for a first request to begin, and for the line and headers of a request to arrive.
    body_seconds: for its body.   idle_seconds: between requests, and to take a reply.
    head_bytes, head_count: of a request's line and headers, and how many headers.   connections: at once.
    """

    head_seconds: float
    body_seconds: float
    idle_seconds: float
    head_bytes: int
    head_count: int
    connections: int


class HeadMeter:
    """Measures the line and headers of one request after the other, and its trailers with them."""

    def __init__(self, limits: ProtocolLimits) -> None:
        self._limits = limits
        self._bytes = self._count = 0

    def restart(self) -> None:
        """The next request begins."""
        self._bytes = self._count = 0

    def add(self, length: int, headers: int = 0) -> None:
        """So many bytes more, and headers. Raises HeadTooLargeError when it is more than is read."""
        self._bytes += length
        self._count += headers
        if self._bytes > self._limits.head_bytes or self._count > self._limits.head_count:
            raise HeadTooLargeError(
                f"request line and headers: at most {self._limits.head_bytes} bytes "
                f"and {self._limits.head_count} headers are read"
            )
