"""Does the checker see what it should? Good logs pass; for each promise there are logs, made by hand, that break it."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.bad_logs import BAD, cut_off_before
from chaos.checker import check
from chaos.evidence import evidence_in
from chaos.lateness import DOUBT, surely
from chaos.made_up import OTHER, Log, drop, event, good, line

if TYPE_CHECKING:
    from collections.abc import Callable


def test_nothing_is_held_against_a_good_log() -> None:
    """And there was something to examine for every promise."""
    verdicts = check(good().evidence())
    assert [verdict.broken for verdict in verdicts] == [()] * len(verdicts)
    assert all(verdict.examined for verdict in verdicts)


@pytest.mark.parametrize(
    ("promise", "make"), BAD, ids=[f"{promise}-{make.__name__}" for promise, make in BAD]
)
def test_each_bad_log_breaks_its_promise(promise: str, make: Callable[[Log], None]) -> None:
    """With a line of evidence."""
    log = good()
    make(log)
    broken = {verdict.promise: verdict.broken for verdict in check(log.evidence()) if not verdict.held}
    assert promise in broken
    assert all(broken[promise])


def test_each_promise_has_a_bad_log() -> None:
    """All that the checker decides."""
    assert {promise for promise, _ in BAD} == {verdict.promise for verdict in check(good().evidence())}


def test_a_killed_caller_may_leave_a_call_unfinished_and_others_may_not() -> None:
    """The same log with and without the kill."""
    log = good()
    log.say(log.callers, "began", 2.2, call="threads-0.1-0-10")
    log.say(log.callers, "asking", 2.2, trace="trace-10", client=OTHER)
    assert "P2" in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}
    log.say(log.storm, "caller killed", 2.3, name="threads-0.1")
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_killed_writer_may_leave_a_damaged_line_and_its_number() -> None:
    """One for each kill."""
    log = good()
    log.journal += [line("x", "b", 2, "trace", number=8)[:20], line("y", "b", 3, "trace", number=9)]
    assert "P11" in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}
    log.say(log.writers, "killed", 2.3, pid=7)
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_service_that_was_killed_owes_no_answer() -> None:
    """Unlike one that was asked to leave."""
    log = good()
    cut_off_before(log)
    log.storm[1:1] = [
        {"event": "server", "at": 1.95, "what": "killed"},
        {"event": "server", "at": 2.0, "what": "started", "pid": 2},
    ]
    assert "P7" not in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}


def test_evidence_is_read_from_files_as_it_was_written(tmp_path: Path) -> None:
    """A line cut off at the very end of a log is no evidence; anywhere else it is an error."""
    log = good()
    (tmp_path / "judgments.jsonl").write_bytes(b"\n".join([*log.journal, b""]))
    (tmp_path / "judgments.jsonl.lock").touch()
    for name in ("proxy", "callers", "writers", "storm"):
        text = "".join(json.dumps(one) + "\n" for one in getattr(log, name))
        (tmp_path / f"{name.replace('callers', 'caller-0')}.jsonl").write_text(text + '{"event": "cut')
    assert evidence_in(tmp_path) == log.evidence()
    (tmp_path / "storm.jsonl").write_text('{"event": "cut\n')
    with pytest.raises(ValueError, match="Unterminated"):
        evidence_in(tmp_path)


@pytest.mark.parametrize("name", ["checker", "evidence", "journal_check", "lateness", "probes", "verdicts"])
def test_the_checker_knows_nothing_of_what_it_checks(name: str) -> None:
    """It imports its own files and a few of Python's."""
    tree = ast.parse((Path(__file__).parent / f"{name}.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    own = {one for one in imported if one.startswith("chaos.")}
    assert own <= {f"chaos.{one}" for one in ("evidence", "journal_check", "lateness", "probes", "verdicts")}
    assert imported - own <= {
        "__future__", "bisect", "collections", "collections.abc", "itertools", "json", "math", "pathlib", "typing",
        "zlib",
    }  # fmt: skip


def test_a_request_that_is_read_late_is_no_second_probe() -> None:
    """A deaf proxy reads what was sent long before."""
    log = good()
    log.call("4e", 1.21, took=0.1, reason="timeout", sound=False, fault="silent")
    event(log.proxy, "arrived", id="trace-4e")["at"] = 1.6
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_call_that_ran_out_of_time_before_it_was_asked_is_no_probe() -> None:
    """On a machine that stands still; one that the proxy saw is."""
    log = good()
    log.call("4f", 1.65, took=0.1, reason="timeout", sound=False, fault="silent")
    assert "P10" in {verdict.promise for verdict in check(log.evidence()) if not verdict.held}
    drop(log.proxy, "done", id="trace-4f")
    assert all(verdict.held for verdict in check(log.evidence()))


def test_a_bound_on_a_quantile_is_beyond_it_hardly_ever() -> None:
    """Of normal samples, whose quantiles are in every table: about one in a hundred is on the wrong side."""
    chance = random.Random(1)
    wrong = {-DOUBT: 0, DOUBT: 0}
    for _ in range(500):
        sample = [chance.gauss(0.0, 1.0) for _ in range(2000)]
        for doubt in wrong:
            wrong[doubt] += (surely(sample, 0.99, doubt) - 2.3263) * doubt < 0
    assert all(0 < count < 20 for count in wrong.values())


@pytest.mark.parametrize(("first", "is_whole"), [(1, True), (2, True), (3, False)])
def test_numbers_of_a_further_file_begin_anew_or_go_on(first: int, *, is_whole: bool) -> None:
    """A journal may be several files, the oldest first."""
    log = good()
    evidence = log.evidence()
    evidence.journal.append(
        [line("x", "b", first, "trace", number=8), line("y", "b", first + 1, "trace", number=9), b""]
    )
    broken = {verdict.promise for verdict in check(evidence) if not verdict.held}
    assert broken == (set() if is_whole else {"P11"})
