"""What did this person say of what was proposed to them? Found without reading the journal again each time.

An index in memory follows the file: where each subject's lines stand, and whose each judgment is. The
subjects asked for last are kept decoded; another's lines are read from their places when it is asked for.
"""

from __future__ import annotations

import logging
import threading
from array import array
from collections import OrderedDict
from sys import intern
from typing import TYPE_CHECKING

from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._evidence import Evidence, History
from bayesian_verifier.journal._following import Follower
from bayesian_verifier.journal._gist import gist_of
from bayesian_verifier.journal._lines import (
    EpochLine,
    EpochUndoneLine,
    FeedbackLine,
    JudgmentLine,
    parse_line,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._growing import RawLine

_log = logging.getLogger(__name__)

_SUBJECTS_IN_MEMORY = 256


class Histories:
    """Every subject's history in one journal; safe among threads, of one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._follower = Follower(path)
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._subject_of: dict[str, str | None] = {}  # of each judgment
        self._epoch_of: dict[str, str | None] = {}  # whose each epoch is
        self._places: dict[str, array[int]] = {}  # start, end, start, end, … of each subject's lines
        self._early: dict[
            str, list[RawLine]
        ] = {}  # answers, and undoings, that stand before what they are about
        self._decoded: OrderedDict[str, Evidence] = OrderedDict()

    def of(self, subject: str) -> History:
        """What is known of a subject now. Raises OSError where the file cannot be read."""
        with self._lock:
            self._catch_up()
            evidence = self._decoded.get(subject) or self._load(subject)
            self._decoded.move_to_end(subject)
            return evidence.history()

    def knows(self, judgment_id: str) -> bool:
        """Whether a judgment of this id is in the file. Raises OSError where it cannot be read."""
        with self._lock:
            self._catch_up()
            return judgment_id in self._subject_of

    def catch_up(self) -> None:
        """Read what is new, so that the next question need not. Raises OSError."""
        with self._lock:
            self._catch_up()

    def _catch_up(self) -> None:
        if not self._follower.has_news():
            return
        if self._follower.starts_over():
            self._clear()
        for line in self._follower.new_lines():
            self._note(line)

    def _note(self, line: RawLine) -> None:
        try:
            gist = gist_of(line.data)
        except (DamagedLineError, UnicodeDecodeError) as exc:
            _log.warning("%s: line %d is damaged and left out: %s", line.file, line.number, exc)
            return
        if gist is None:
            return
        whose = self._epoch_of if gist.kind in {"epoch", "epoch_undone"} else self._subject_of
        if gist.about is None:
            subject = gist.subject if gist.subject is None else intern(gist.subject)
            whose.setdefault(gist.id, subject)
            for related in (line, *self._early.pop(gist.id, ())):
                self._place(subject, related)
        elif gist.about in whose:
            self._place(whose[gist.about], line)
        else:
            self._early.setdefault(gist.about, []).append(line)

    def _place(self, subject: str | None, line: RawLine) -> None:
        if subject is None:
            return
        self._places.setdefault(subject, array("Q")).extend((line.start, line.end))
        evidence = self._decoded.get(subject)
        if evidence is None:
            return
        if _add(evidence, line.data):
            evidence.forget_old()
        else:
            del self._decoded[subject]

    def _load(self, subject: str) -> Evidence:
        lines = self._lines_about(subject)
        if not all(lines):
            # a full file was moved away, or written again to forget somebody: no place in it holds any more
            self._follower.close()
            self._catch_up()
            lines = self._lines_about(subject)
        evidence = Evidence()
        for line in lines:
            _add(evidence, line)
        evidence.forget_old()
        self._decoded[subject] = evidence
        while len(self._decoded) > _SUBJECTS_IN_MEMORY:
            self._decoded.popitem(last=False)
        return evidence

    def _lines_about(self, subject: str) -> list[bytes]:
        """A subject's lines; b"" where their file is not what it was."""
        places = self._places.get(subject, array("Q"))
        return [self._follower.read(start, end) for start, end in zip(places[::2], places[1::2], strict=True)]


def _add(evidence: Evidence, data: bytes) -> bool:
    """Add a line; False if what it bears on is not kept: a judgment's answer, or those that an epoch is about."""
    try:
        line = parse_line(data)
    except DamagedLineError as exc:
        _log.warning("a line is no evidence: %s", exc)
        return True
    if isinstance(line, JudgmentLine):
        evidence.add_judgment(line)
    elif isinstance(line, FeedbackLine):
        if not evidence.holds(line.judgment):
            return False
        evidence.add_feedback(line)
    elif isinstance(line, EpochLine | EpochUndoneLine):
        return evidence.add_epoch(line)
    return True
