"""Is a journal, whatever is done to it in whatever order, what a list of events is?"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from journal_samples import judge
from plain_reader import events, files_of, numbers_run_from_one

from bayesian_verifier.journal import Damaged, Journal

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Feedback

# Appends one event for each line it is given, opening the journal anew or not, in a process of its own.
_ANOTHER_PROCESS = """
import json, sys
from bayesian_verifier.journal import Journal
journals = {}
for line in sys.stdin:
    path, name, event_id, at, size = json.loads(line)
    journal = journals.get(path) or Journal(path, writer=name, rotate_bytes=1024, fsync="never")
    journals = {path: journal}
    print(journal.append("trace", {"ballast": "x" * size}, event_id=event_id, at=at), flush=True)
"""

_WRITERS = st.integers(0, 3)
_SUBJECTS = st.sampled_from(["ada", "ben", 'q"uote\\', "é"])
_ANSWERS = st.sampled_from(["approve", "reject"])


class Made(NamedTuple):
    """A judgment in the model, and what was said of it."""

    id: str
    subject: str
    said: list[str]


class AJournal(RuleBasedStateMachine):
    """Three writers in this process, two of them of one name, one in another process, and a reader."""

    other: subprocess.Popen[str]

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "j.jsonl"
        self.ticks = itertools.count(1)
        self.ids = (f"event {number}" for number in itertools.count())
        self.writers = [self.open(number) for number in range(3)]
        self.reader = Journal(self.path)
        self.events: list[str] = []
        self.made: list[Made] = []
        self.torn = 0

    def open(self, number: int) -> Journal:
        name = None if number == 0 else "app"
        return Journal(
            self.path, writer=name, rotate_bytes=1024, fsync="never", clock=lambda: next(self.ticks) * 1000
        )

    @rule(number=_WRITERS, size=st.integers(0, 1500))
    def append(self, number: int, size: int) -> None:
        event_id = next(self.ids)
        if number < 3:
            self.writers[number].append("trace", {"ballast": "x" * size}, event_id=event_id)
        else:
            order = [str(self.path), "app", event_id, next(self.ticks) * 1000, size]
            assert self.other.stdin is not None
            assert self.other.stdout is not None
            self.other.stdin.write(json.dumps(order) + "\n")
            self.other.stdin.flush()
            assert self.other.stdout.readline() == event_id + "\n"
        self.events.append(event_id)

    @rule(number=st.integers(0, 2), subject=_SUBJECTS)
    def append_judgment(self, number: int, subject: str) -> None:
        event_id = next(self.ids)
        judge(self.writers[number], subject, event_id=event_id)
        self.events.append(event_id)
        self.made.append(Made(event_id, subject, []))

    @precondition(lambda self: self.made)
    @rule(number=st.integers(0, 2), data=st.data(), answer=_ANSWERS)
    def answer(self, number: int, data: st.DataObject, answer: Feedback) -> None:
        made = data.draw(st.sampled_from(self.made))
        event_id = next(self.ids)
        self.writers[number].append_feedback(made.id, answer, event_id=event_id)
        self.events.append(event_id)
        made.said.append(answer)

    @rule(number=st.integers(0, 2))
    def open_again(self, number: int) -> None:
        self.writers[number].close()
        self.writers[number] = self.open(number)

    @precondition(lambda self: self.path.exists() and self.path.stat().st_size > 100)
    @rule(share=st.floats(0.1, 0.9))
    def a_writer_is_killed_in_a_write(self, share: float) -> None:
        line = self.path.read_bytes().split(b"\n")[0]
        if self.path.read_bytes().endswith(b"\n"):
            self.torn += 1
        with self.path.open("ab") as file:
            file.write(line[: int(len(line) * share)])

    @precondition(lambda self: self.path.exists() and self.path.stat().st_size > 0)
    @rule()
    def a_writer_is_killed_in_a_rotation(self) -> None:
        number = len(files_of(self.path))
        self.path.rename(self.path.with_name(f"j.{number:06d}.jsonl"))

    @rule(subject=_SUBJECTS, new=st.booleans())
    def ask(self, subject: str, new: bool) -> None:
        reader = Journal(self.path) if new else self.reader
        found = [(one.id, one.feedback) for one in reader.history(subject).judgments]
        assert found == [(one.id, one.said[-1]) for one in self.made if one.subject == subject and one.said]
        assert all(reader.knows(one.id) for one in self.made)

    @precondition(lambda self: self.events)
    @rule()
    def read(self) -> None:
        entries = list(self.reader.read())
        ours = [
            one.event.id for one in entries if not isinstance(one, Damaged) and one.event.kind != "segment"
        ]
        assert ours == self.events
        audit = self.reader.verify()
        assert [len(audit.damaged), *map(len, (audit.gaps, audit.duplicates, audit.strays, audit.links))] == [
            self.torn,
            *[0] * 4,
        ]

    @invariant()
    def a_plain_reader_finds_every_event_once_and_in_order(self) -> None:
        contents = [file.read_bytes() for file in files_of(self.path)]
        assert [line["id"] for line in events(contents)] == self.events
        assert all(numbers_run_from_one(data) for data in contents)

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.directory.cleanup()


def test_a_journal_is_a_list_of_events() -> None:
    """Appends, answers, rotations, kills, torn tails, reopening and reading, by several writers, at random."""
    arguments = [sys.executable, "-c", _ANOTHER_PROCESS]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as AJournal.other:
        run_state_machine_as_test(
            AJournal,
            settings=settings(
                max_examples=100,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
        AJournal.other.communicate()
