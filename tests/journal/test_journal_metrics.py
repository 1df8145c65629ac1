"""`journal metrics`: what a journal and its ledger tell Prometheus, by Prometheus's own parser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from bayesian_verifier.journal import Journal, News, Tally, forget, seconds_since_epoch
from journal.journal_samples import judge

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "from bayesian_verifier.cli import main; main()"


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (one.name.removeprefix("bayesian_verifier_"), frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def of(text: str, name: str, **labels: str) -> float | None:
    return samples(text).get((name, frozenset(labels.items())))


def test_choices_are_counted_by_who_told_the_risk_and_why(tmp_path: Path) -> None:
    path = tmp_path / "judgments.jsonl"
    with Journal(path) as journal:
        first = judge(journal)
        judge(journal, reason="circuit_open")
        judge(journal, source="verifier", reason=None)
        journal.append_feedback(first, "approve")
        journal.append_feedback(first, None, reward=0.5)
    tally = Tally()
    new = News(path).read()
    tally.hear_journal(new)
    text = tally.exposition()
    counted = "journal_judgments_total"
    assert of(text, counted, source="controller", reason="unreachable") == 1
    assert of(text, counted, source="controller", reason="circuit_open") == 1
    assert of(text, counted, source="verifier", reason="") == 1
    assert of(text, "journal_feedback_total", feedback="approve") == 1
    assert of(text, "journal_feedback_total", feedback="") == 1
    latest = max(seconds_since_epoch(event.ts) for event in new.events)
    assert of(text, "journal_last_event_timestamp_seconds") == latest


def test_what_never_happened_stands_there_as_0_so_that_its_first_time_is_an_increase() -> None:
    text = Tally().exposition()
    for kind in ("alarm", "promotion", "rollback"):
        assert of(text, "ledger_events_total", kind=kind) == 0
    assert of(text, "journal_judgments_total", source="verifier", reason="") == 0
    assert of(text, "journal_windows_total", trustworthy="true") == 0


def test_reading_on_counts_nothing_twice_and_a_compacted_journal_anew(tmp_path: Path) -> None:
    """After a person is forgotten, what is left of them is counted, and nothing of before."""
    path = tmp_path / "judgments.jsonl"
    news, tally = News(path), Tally()

    def counted() -> float:
        tally.hear_journal(news.read())
        text = tally.exposition()
        return of(text, "journal_judgments_total", source="controller", reason="unreachable") or 0.0

    with Journal(path) as journal:
        judge(journal, subject="ada")
        assert counted() == 1
        judge(journal, subject="bob")
        assert counted() == counted() == 2
    forget(path, "ada")
    assert counted() == 1


def test_labels_are_written_so_that_prometheus_reads_them_back(tmp_path: Path) -> None:
    odd = 'a "quoted" \\ reason\nof two lines'
    path = tmp_path / "judgments.jsonl"
    with Journal(path) as journal:
        judge(journal, reason=odd)
    tally = Tally()
    tally.hear_journal(News(path).read())
    assert of(tally.exposition(), "journal_judgments_total", source="controller", reason=odd) == 1


def test_the_command_replaces_its_file_as_the_files_grow_and_leaves_nothing_else(tmp_path: Path) -> None:
    """Every reading of it is whole."""
    folder = tmp_path / "textfile"
    folder.mkdir()
    out = folder / "bv.prom"
    words = ["journal", "metrics", "--out", str(out), "--every", "0.1"]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], cwd=tmp_path, env=dict(os.environ)
    ) as running:
        try:
            wait_until(out.exists)
            assert of(out.read_text(), "ledger_events_total", kind="alarm") == 0
            with Journal(tmp_path / "ledger.jsonl") as ledger:
                ledger.append("alarm", {"window": "w"})
                ledger.append("gate", {"run": "r"})
            wait_until(lambda: of(out.read_text(), "ledger_events_total", kind="gate") == 1)
            assert of(out.read_text(), "ledger_events_total", kind="alarm") == 1
        finally:
            running.kill()
    assert {one.name for one in folder.iterdir()} <= {"bv.prom", ".bv.prom.new"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    words = ["journal", "metrics", "--out", "nowhere/bv.prom"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: nowhere/bv.prom: cannot write")


def wait_until(holds: object, seconds: float = 60.0) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
