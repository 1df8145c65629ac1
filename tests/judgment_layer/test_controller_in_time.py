"""Does a controller of somebody else's that hangs hold its caller no longer than it may?"""

from __future__ import annotations

import contextvars
import math
import threading
import time
from typing import TYPE_CHECKING

import pytest
from faulty_server import FaultyServer, answering, unused_port
from layers import CASE, Make, judgments_in
from people import safe_times
from shadowed import Own

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._controller import CAUTIOUS
from bayesian_verifier.judgment_layer._in_time import MOST_LEFT, InTime, NotInTimeError
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier import Journal

KNOWN = Belief(0.3, 0.1)
#: longer than anything below takes
FOR_EVER = 40.0


@pytest.fixture
def until_the_end() -> Iterator[threading.Event]:
    """What a hanging controller waits for."""
    ended = threading.Event()
    yield ended
    ended.set()


class Forgetful(Own):
    """Hangs where it is told of a posterior, not where it is asked."""

    def remember(self, subject: str, belief: Belief, at: float) -> None:
        super().remember(subject, belief, at)
        self.act()

    def assess(self, *_: object) -> object:  # type: ignore[override]
        raise AssertionError("nobody asks")


def test_a_controller_that_hangs_is_waited_for_so_long_and_then_the_cautious_prior_stands(
    make: Make, journal: Journal, until_the_end: threading.Event
) -> None:
    """Said in the assessment and in the journal, and counted."""
    own = Own(KNOWN, lambda: until_the_end.wait(FOR_EVER))
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=own, controller_timeout=0.2)
    began = time.monotonic()
    decision = layer.judge(CASE, "ada")
    assert 0.2 <= time.monotonic() - began < FOR_EVER / 4
    assessment = decision.assessment
    assert (assessment.source, assessment.reason) == ("controller", "unreachable")
    assert (assessment.mean, assessment.sd) == (CAUTIOUS.mean, CAUTIOUS.sd)
    assert "no answer in 0.2 s" in assessment.explanation
    assert "no answer in 0.2 s" in judgments_in(journal)[-1].meta_comment
    assert layer.layer.health().controller_failures == 1


def test_one_that_hangs_when_it_is_told_of_a_posterior_does_not_keep_that_from_the_caller(
    make: Make, journal: Journal, until_the_end: threading.Event
) -> None:
    """The verifier's answer is used, as it came."""
    own = Forgetful(KNOWN, lambda: until_the_end.wait(FOR_EVER))
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, controller_timeout=0.2)
        began = time.monotonic()
        assessment = layer.assess("ada", safe_times(4))
        assert time.monotonic() - began < FOR_EVER / 4
    assert (assessment.source, assessment.mean) == ("verifier", 0.61)
    assert layer.layer.health().controller_failures == 1


def test_one_that_hangs_every_time_is_soon_not_asked_any_more_until_it_has_ended(
    make: Make, journal: Journal, until_the_end: threading.Event
) -> None:
    """So it holds a bounded number of threads, and of callers; then it is asked again."""
    own = Own(KNOWN, lambda: until_the_end.wait(FOR_EVER))
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=own, controller_timeout=0.02)
    said = [layer.assess(None, safe_times(4)).explanation for _ in range(MOST_LEFT + 3)]
    assert [f"as {MOST_LEFT} calls of it have not ended" in one for one in said] == (
        [False] * MOST_LEFT + [True] * 3
    )
    deadline = time.monotonic() + FOR_EVER
    while len(own.heard) < MOST_LEFT:  # a thread begins when the machine lets it
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert len(own.heard) == MOST_LEFT
    until_the_end.set()
    deadline = time.monotonic() + FOR_EVER
    patient = layer.assess(None, safe_times(4))
    while patient.mean != KNOWN.mean:
        assert time.monotonic() < deadline
        patient = layer.assess(None, safe_times(4))
    assert "by its own rule" in patient.explanation


def test_a_slow_one_that_is_in_time_is_heard(make: Make, journal: Journal) -> None:
    """A tenth of a second is not the end."""
    own = Own(KNOWN, lambda: time.sleep(0.1))
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=own, controller_timeout=FOR_EVER)
    assert layer.assess(None, safe_times(4)).mean == KNOWN.mean
    assert layer.layer.health().controller_failures == 0


def test_what_a_call_gives_or_raises_is_the_callers_and_so_are_its_context_variables() -> None:
    """As if it were made in the caller's own thread."""
    name = contextvars.ContextVar[str]("name")
    name.set("ada")
    in_time = InTime(FOR_EVER)
    assert in_time(name.get) == "ada"
    assert in_time(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0)


def test_a_call_that_ends_as_its_time_does_is_counted_right() -> None:
    """Whether it came to an end or not: thousands of them leave nobody behind."""
    in_time = InTime(1e-4)
    late = 0
    for _ in range(300):
        try:
            in_time(lambda: time.sleep(1e-4))
        except NotInTimeError:
            late += 1
        deadline = time.monotonic() + FOR_EVER
        while in_time._left().count:
            assert time.monotonic() < deadline
            time.sleep(1e-4)
    assert late > 0


def test_time_without_end_is_a_setting_and_none_at_all_is_not(make: Make, journal: Journal) -> None:
    """As for one who would rather wait."""
    own = Own(KNOWN)
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, controller=own, controller_timeout=math.inf)
    assert layer.assess(None, safe_times(4)).mean == KNOWN.mean
    for wrong in (0.0, -1.0, math.nan):
        with pytest.raises(CallerError, match="controller_timeout"):
            make("http://127.0.0.1", journal, controller_timeout=wrong)
