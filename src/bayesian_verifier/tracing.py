"""Which trace does a request belong to, and how is that said in a header?

The `traceparent` header of W3C Trace Context, levels 1 and 2: what comes in may be of a later version and is read as
far as it is known; what goes out is of version 00. A header that breaks a rule is as good as none.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "traceparent"
SAMPLED, RANDOM = 0x01, 0x02
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class TraceContext(NamedTuple):
    """One span's place in a trace.

    trace_id: 32, span_id: 16 lower-case hexadecimal digits, neither all zeros.
    flags: SAMPLED (somebody upstream records the trace) and RANDOM (the trace's id was drawn at random), or'ed.
    """

    trace_id: str
    span_id: str
    flags: int = 0

    @property
    def sampled(self) -> bool:
        """Whether the caller may record this trace."""
        return bool(self.flags & SAMPLED)

    def format(self) -> str:
        """The value of a `traceparent` header, version 00."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"

    def child(self, draw: Callable[[int], str] = secrets.token_hex) -> TraceContext:
        """A new span of the same trace. draw: n -> n bytes at random, as 2n hexadecimal digits."""
        return self._replace(span_id=_drawn(draw, 8, _NO_SPAN))


def parse(header: str | bytes | None) -> TraceContext | None:
    """The caller's span, from the value of its `traceparent` header; None where there is none that obeys the rules.

    Source: W3C Trace Context, level 1, 3.2, and level 2 for the second flag.
    """
    if header is None:
        return None
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    found = _TRACEPARENT.fullmatch(text.strip(" \t"))
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    is_longer_than_allowed = version == "00" and rest is not None
    if version == "ff" or is_longer_than_allowed or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceContext(trace_id, span_id, int(flags, 16) & (SAMPLED | RANDOM))


def begin(
    trace_id: str | None = None, *, sampled: bool = True, draw: Callable[[int], str] = secrets.token_hex
) -> TraceContext:
    """The first span of a trace.

    trace_id: of a trace that has an id already, 32 lower-case hexadecimal digits, not all zeros; else one is drawn.
    draw: as of `TraceContext.child`.
    """
    flags = SAMPLED if sampled else 0
    if trace_id is None:
        trace_id, flags = _drawn(draw, 16, _NO_TRACE), flags | RANDOM
    return TraceContext(trace_id, _drawn(draw, 8, _NO_SPAN), flags)


def _drawn(draw: Callable[[int], str], size: int, forbidden: str) -> str:
    """An id of `size` bytes; all zeros mean "none" and are drawn anew."""
    while (found := draw(size)) == forbidden:
        pass
    return found
