"""Does a journal that takes long to read hold up an assessment? Only so long; then it goes on and says so."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from faulty_server import Behaviour, FaultyServer, answering, hang_up, with_parts
from layers import CASE, EXACT, Blocking, Make
from people import forks

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController
from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.judgment_layer import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bayesian_verifier.journal import History
    from bayesian_verifier.judgment import Judgment
    from stalls import Stalls

NOTHING = {"judgments": 0, "informative": 0, "refuted": 0}


class Slow(Journal):
    """A journal on a disk that may stall."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, fsync="never")
        self.goes = threading.Event()
        self.goes.set()
        self.begun = 0
        self.read_by: list[int] = []

    def history(self, subject: str) -> History:
        self.begun += 1
        self.goes.wait(20.0)
        self.read_by.append(threading.get_ident())
        return super().history(subject)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    """A journal in which ada has answered three judgments."""
    made = Slow(tmp_path / "judgments.jsonl")
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, made)
        for _ in range(3):
            layer.feedback(layer.judge(CASE, "ada").id, "approve")
        layer.close()
    yield made
    made.goes.set()


def test_the_first_assessment_waits_for_its_history_no_longer_than_it_may(
    make: Make, slow: Slow, stalls: Stalls
) -> None:
    """It goes on with nothing, and says why; once the disk answers the next one has it all."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, slow, history_timeout=0.05)
        slow.goes.clear()
        start = time.monotonic()
        assessment = layer.assess("ada")
        assert 0.05 <= time.monotonic() - start < 0.05 + 1.0 + stalls.lost(start)
        assert (assessment.evidence, assessment.source) == (0, "controller")
        assert layer.layer.health().late_histories == 1
        slow.goes.set()
        deadline = time.monotonic() + 10.0
        while (assessment := layer.assess("ada")).evidence != 3:
            assert time.monotonic() < deadline
        assert assessment.source == "verifier"


@pytest.mark.parametrize("behaviour", [with_parts(evidence=NOTHING), hang_up])
def test_a_late_history_is_said(make: Make, slow: Slow, behaviour: Behaviour) -> None:
    """In the explanation and so in the journal, whatever the verifier said; not where all was read."""
    with FaultyServer(behaviour) as server:
        layer = make(server.url, slow, history_timeout=0.01)
        slow.goes.clear()
        assert "was not read in time" in layer.assess("ada").explanation
        slow.goes.set()
        in_time = make(server.url, slow)
        assert "in time" not in in_time.assess("ada").explanation


def test_it_goes_on_with_what_was_read_before(make: Make, slow: Slow) -> None:
    """Where the disk stalls later: the judgments known then, and no state is kept of a history that may be old."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, slow, history_timeout=10.0)
        assert layer.assess("ada").evidence == 3
        late = make(server.url, slow, history_timeout=0.05)
        deadline = time.monotonic() + 60.0
        while late.assess("ada").evidence != 3:  # a busy machine may need more than 50 ms
            assert time.monotonic() < deadline
        before = late.layer.health().late_histories
        slow.append("note", {"text": "x" * (1 << 19)})  # more than a little is new
        slow.goes.clear()
        assessment = late.assess("ada")
        assert (assessment.evidence, assessment.source) == (3, "verifier")
        assert "was not read in time" in assessment.explanation
        assert late.layer.health().late_histories == before + 1
        slow.goes.set()


class Noting:
    """A client that goes on from what it has sent of a subject, and notes whose judgments it is told they are."""

    keeps_state = True

    def __init__(self) -> None:
        self.told: list[tuple[str | None, int]] = []

    def posterior(self, judgments: Sequence[Judgment], *, subject: str | None = None, **_: object) -> Outcome:
        self.told.append((subject, len(judgments)))
        return Outcome(None, "overloaded", "", "closed", 0.0, "0" * 32)


def test_a_history_that_may_be_old_takes_no_state_with_it(slow: Slow) -> None:
    """The verifier is asked about what is known, not told that it is all of this person's: that would drop what it
    has summed of the rest.
    """
    client = Noting()
    layer = JudgmentLayer(client, MetaJudgmentController(), slow, **(EXACT | {"history_timeout": 0.05}))
    slow.goes.clear()
    layer.assess("ada")
    slow.goes.set()
    deadline = time.monotonic() + 10.0
    while client.told[-1] != ("ada", 3):
        layer.assess("ada")
        assert time.monotonic() < deadline
    assert client.told[0] == (None, 0)
    assert set(client.told) <= {(None, 0), (None, 3), ("ada", 3)}


def test_a_stalled_disk_is_read_by_one_thread(make: Make, slow: Slow) -> None:
    """However many ask meanwhile; each waits its own time at most."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, slow, history_timeout=0.02)
        slow.goes.clear()
        before = slow.begun
        for number in range(10):
            assert layer.assess(f"person {number}").evidence == 0
        assert layer.layer.health().late_histories == 10
        assert slow.begun == before + 1
        slow.goes.set()


def test_a_person_just_asked_about_is_read_without_a_thread(slow: Slow) -> None:
    """By whoever asks, so that the usual call costs no change of thread."""
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, slow)
        layer.assess("ada")
        for _ in range(3):
            layer.feedback(layer.judge(CASE, "ada").id, "approve")
        assert layer.assess("ada").evidence == 6
        own = threading.get_ident()
        assert slow.read_by[-4:] == [own] * 4
        layer.close()


def test_a_journal_that_cannot_be_read_any_more_is_known_as_it_was(make: Make, slow: Slow) -> None:
    """An error of the disk costs what is new, not what is known."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, slow)
        assert layer.assess("ada").evidence == 3
        slow.path.unlink()
        slow.path.mkdir()
        with pytest.raises(JournalError):
            slow.history("ada")
        assert layer.assess("ada").evidence == 3


def test_a_history_timeout_is_a_time(make: Make, slow: Slow) -> None:
    """Of no less than nothing."""
    with pytest.raises(CallerError, match="history_timeout"):
        make("http://127.0.0.1", slow, history_timeout=-0.01)


@forks
def test_a_child_forked_while_the_disk_stalls_reads_by_itself(slow: Slow) -> None:
    """It waits for no thread that its parent had."""
    with FaultyServer(answering()) as server:
        layer = Blocking(server.url, slow, history_timeout=0.02)
        slow.goes.clear()
        layer.assess("ada")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                slow.goes.set()
                layer.layer._core._reader._timeout = 10.0
                code = 0 if layer.assess("ada").evidence == 3 else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        slow.goes.set()
        layer.close()
