"""Does every line end up written once and in order, or counted, whatever writing it does?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import NotDurableError
from bayesian_verifier.judgment_layer._recorder import Line, Recorder

if TYPE_CHECKING:
    from collections.abc import Sequence

Act = Callable[[], None]


class Disk:
    """What lines are written to; says of each attempt what becomes of it."""

    def __init__(self, clock: list[float] | None = None) -> None:
        self.is_full = False
        self.seconds = 0.0
        self.written: list[int] = []
        self.attempts = 0
        self.clock = clock if clock is not None else [0.0]

    def line(self, number: int, *, size: int = 1, error: Exception | None = None) -> Line:
        def write() -> None:
            self.attempts += 1
            self.clock[0] += self.seconds
            if self.is_full:
                raise JournalError("no space")
            if error is not None:
                if isinstance(error, NotDurableError):
                    self.written.append(number)
                raise error
            self.written.append(number)

        return Line(write, str(number), lambda: size)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["fill", "free", "flush", "oddity", "shaky"]), st.just(1)),
    ),
    max_size=40,
)


@given(steps=STEPS, most=st.integers(1, 4), most_bytes=st.integers(1, 12))
def test_lines_are_written_in_order_or_counted(
    steps: Sequence[tuple[str, int]], most: int, most_bytes: int
) -> None:
    """Against a plain list: what is written, waits and is lost adds up after each step, within both bounds."""
    disk = Disk()
    recorder = Recorder(most, most_bytes=most_bytes, retry_seconds=600.0, monotonic=lambda: 0.0)
    waiting: list[tuple[int, int]] = []
    written: list[int] = []
    lost = 0
    for number, (what, size) in enumerate(steps):
        disk.is_full = {"fill": True, "free": False}.get(what, disk.is_full)
        if what == "flush":
            assert recorder.flush() is (not disk.is_full or not waiting)
        if what in ("flush", "record", "oddity", "shaky") and not disk.is_full:
            written += [one for one, _ in waiting if one >= 0]
            waiting.clear()
        if what in ("record", "shaky"):
            error = NotDurableError("unsure") if what == "shaky" else None
            assert recorder.record(disk.line(number, size=size, error=error)) is not disk.is_full
            if not disk.is_full:
                written.append(number)
            elif size > most_bytes:
                lost += 1
            else:
                while len(waiting) >= most or sum(s for _, s in waiting) + size > most_bytes:
                    waiting.pop(0)
                    lost += 1
                waiting.append((number, size))
        if what == "oddity" and not disk.is_full:
            assert not recorder.record(disk.line(number, error=RuntimeError("odd")))
            lost += 1
        assert (recorder.waiting, recorder.waiting_bytes) == (len(waiting), sum(s for _, s in waiting))
        assert recorder.lost == lost
        assert disk.written == written
    recorder.close()


def test_what_a_caller_got_wrong_is_theirs_to_hear_once() -> None:
    """At once where nothing waits; a line that turns out wrong while it waits is lost and holds up no other."""
    disk, recorder = Disk(), Recorder(9, retry_seconds=600.0)
    with pytest.raises(CallerError):
        recorder.record(disk.line(1, error=CallerError("no")))
    disk.is_full = True
    assert not recorder.record(disk.line(2, error=CallerError("no")))
    assert not recorder.record(disk.line(3))
    assert recorder.holds("2")
    assert not recorder.holds("4")
    disk.is_full = False
    assert recorder.flush()
    assert (disk.written, recorder.lost) == ([3], 1)
