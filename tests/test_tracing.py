"""The `traceparent` header: W3C Trace Context's own examples, and what no header may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.tracing import RANDOM, SAMPLED, TraceContext, begin, parse

if TYPE_CHECKING:
    from collections.abc import Callable

# Trace Context level 1, 3.2.2.5 and 3.4
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def drawing(*texts: str) -> Callable[[int], str]:
    """A source of ids that gives these, one after the other, whatever the size."""
    left = iter(texts)
    return lambda _: next(left)


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"00-{TRACE}-{SPAN}-01", SAMPLED),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", SAMPLED | RANDOM),
        (f"00-{TRACE}-{SPAN}-fd", SAMPLED),
        (f"  00-{TRACE}-{SPAN}-01\t", SAMPLED),
        (f"00-{TRACE}-{SPAN}-01".encode(), SAMPLED),
        (f"cc-{TRACE}-{SPAN}-01", SAMPLED),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", SAMPLED),
        (f"01-{TRACE}-{SPAN}-01-", SAMPLED),
    ],
)
def test_a_header_that_obeys_the_rules_is_read(header: str | bytes, flags: int) -> None:
    """Also one of a later version, as far as it is known; flags without a meaning are dropped."""
    assert parse(header) == TraceContext(TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"\xff\xfe",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"01-{TRACE}-{SPAN}-01more",
        f"ff-{TRACE}-{SPAN}-01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0x",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01",
        f"00_{TRACE}-{SPAN}-01",
        f"00-{'٣' * 32}-{SPAN}-01",
    ],
)
def test_a_header_that_breaks_a_rule_is_as_good_as_none(header: str | bytes | None) -> None:
    """Each of these is invalid by 3.2 of the recommendation, or repeated."""
    assert parse(header) is None


@given(st.text() | st.binary())
def test_no_header_raises(header: str | bytes) -> None:
    """Whatever it holds."""
    parse(header)


@given(
    trace_id=st.text("0123456789abcdef", min_size=32, max_size=32).filter(lambda text: set(text) != {"0"}),
    span_id=st.text("0123456789abcdef", min_size=16, max_size=16).filter(lambda text: set(text) != {"0"}),
    flags=st.integers(0, 3),
)
def test_what_is_written_is_read_as_the_same(trace_id: str, span_id: str, flags: int) -> None:
    """55 characters, version 00."""
    context = TraceContext(trace_id, span_id, flags)
    assert len(context.format()) == 55
    assert context.format().startswith("00-")
    assert parse(context.format()) == context


def test_a_child_is_another_span_of_the_same_trace() -> None:
    """With the caller's word on whether it is recorded; all zeros, which mean no span, are drawn anew."""
    parent = TraceContext(TRACE, SPAN, SAMPLED)
    assert parent.child(drawing("0" * 16, "b9c7c989f97918e1")) == TraceContext(
        TRACE, "b9c7c989f97918e1", SAMPLED
    )
    assert parent.child() != parent.child()


def test_a_new_trace_says_that_its_id_was_drawn_and_a_given_id_is_kept() -> None:
    """The flag of level 2 is true only of ids drawn at random."""
    assert begin(draw=drawing("0" * 32, TRACE, SPAN)) == TraceContext(TRACE, SPAN, SAMPLED | RANDOM)
    assert begin(TRACE, sampled=False, draw=drawing(SPAN)) == TraceContext(TRACE, SPAN, 0)
    assert begin(sampled=False).sampled is False
    assert parse(begin().format()) is not None
