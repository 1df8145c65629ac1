"""What becomes of lines while the journal cannot be written, and of judgments?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from faulty_server import (
    unused_port,
)
from layers import CASE, Make, judgments_in

from bayesian_verifier import Journal
from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_journal_that_cannot_be_written_does_not_stop_judgments(make: Make, tmp_path: Path) -> None:
    """Lines wait, in order and with the time they belong to, and are written when the disk is back."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    seconds = iter(range(1, 100))
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, clock=lambda: next(seconds) * 10**9)
    made = [layer.judge(CASE, "ada") for _ in range(3)]
    assert [decision.recorded for decision in made] == [False] * 3
    assert not layer.feedback(made[1].id, "approve")
    with pytest.raises(CallerError):
        layer.feedback("nobody", "approve")
    assert (layer.layer.waiting, layer.layer.lost) == (4, 0)
    journal.path.parent.mkdir()
    assert layer.judge(CASE, "ada").recorded
    assert layer.layer.waiting == 0
    events = [entry.event for entry in journal.read()]  # type: ignore[union-attr]
    assert [event.id for event in events][:3] == [decision.id for decision in made]
    assert [event.kind for event in events] == ["judgment"] * 3 + ["feedback"] + ["judgment"]
    assert [event.ts for event in events] == sorted(event.ts for event in events)
    assert journal.verify().whole
    assert layer.assess("ada").evidence == 1


def test_lines_wait_up_to_a_bound(make: Make, tmp_path: Path) -> None:
    """Beyond it the oldest is given up, counted and logged."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, most_waiting=3)
    made = [layer.judge(CASE, "ada") for _ in range(5)]
    assert (layer.layer.waiting, layer.layer.lost) == (3, 2)
    journal.path.parent.mkdir()
    assert layer.flush()
    assert [line.id for line in judgments_in(journal)] == [decision.id for decision in made[2:]]


def test_lines_wait_up_to_so_many_bytes(make: Make, tmp_path: Path) -> None:
    """Of five lines of some 1,000 bytes two fit into 2,500; their sizes are told within a quarter."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, most_waiting_bytes=2500)
    made = [layer.judge(CASE, "ada") for _ in range(5)]
    health = layer.layer.health()
    assert (health.waiting, health.lost) == (2, 3)
    assert health.write_failures >= 1
    journal.path.parent.mkdir()
    assert layer.flush()
    assert [line.id for line in judgments_in(journal)] == [decision.id for decision in made[3:]]
    assert health.waiting_bytes == pytest.approx(journal.path.stat().st_size, rel=0.25)
    assert (layer.layer.health().waiting, layer.layer.health().waiting_bytes) == (0, 0)


def test_a_line_longer_than_all_the_room_displaces_none(make: Make, tmp_path: Path) -> None:
    """It is lost itself; those that wait stay."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, most_waiting_bytes=2500)
    kept = layer.judge(CASE, "ada")
    layer.judge(CASE, "x" * 5000)
    assert (layer.layer.waiting, layer.layer.lost) == (1, 1)
    journal.path.parent.mkdir()
    assert layer.flush()
    assert [line.id for line in judgments_in(journal)] == [kept.id]


@pytest.mark.parametrize("way", ["assess", "flush", "end"])
def test_lines_are_written_without_another_judgment(make: Make, tmp_path: Path, way: str) -> None:
    """When the disk is back: on the next assessment, on flush and on closing, in order."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    layer = make(f"http://127.0.0.1:{unused_port()}", journal)
    made = [layer.judge(CASE, "ada") for _ in range(20)]
    journal.path.parent.mkdir()
    getattr(layer, way)()
    until = time.monotonic() + 10.0
    while layer.layer.waiting and time.monotonic() < until:
        time.sleep(0.001)
    assert [line.id for line in judgments_in(journal)] == [decision.id for decision in made]
    assert (layer.layer.health().waiting, layer.layer.health().lost) == (0, 0)


def test_room_for_no_line_at_all_is_refused(make: Make, journal: Journal) -> None:
    """In lines or in bytes."""
    for room in ({"most_waiting": 0}, {"most_waiting_bytes": 0}):
        with pytest.raises(CallerError, match="room"):
            make("http://127.0.0.1", journal, **room)


def test_a_journal_that_cannot_be_read_does_not_stop_judgments(make: Make, tmp_path: Path) -> None:
    """A directory stands in its place: no history, no record, still a judgment."""
    layer = make(f"http://127.0.0.1:{unused_port()}", Journal(tmp_path))
    decision = layer.judge(CASE, "ada")
    assert (decision.chosen, decision.recorded) == (0, False)
    assert not layer.feedback(decision.id, "approve")
