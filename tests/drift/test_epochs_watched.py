"""Who changes gets an epoch, once: a real journal, a real ledger, and a closed form in the service's place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_watching import CASE, PRIOR, SETTINGS, events, live, normal_posterior, ticking

from bayesian_verifier.drift import (
    Cutter,
    Followed,
    PopulationSettings,
    Watcher,
    epochs_of,
    open_epoch,
    recalled,
    summarise,
    undo_epoch,
)
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal, News, timestamp

SECOND = 10**9
START = 1_700_000_000


@pytest.fixture
def files(tmp_path):
    with (
        Journal(tmp_path / "judgments.jsonl", fsync="never", clock=ticking()) as journal,
        Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger,
    ):
        yield journal, ledger


def watcher(journal, ledger, epochs="open", population=SETTINGS.population):
    told = recalled(News(ledger.path).read().events)._asdict()
    asked = SETTINGS.model_copy(update={"epochs": epochs, "population": population})
    return Watcher(News(journal.path).read, journal, ledger, normal_posterior, asked, **told)


def change(journal, subject="ada", seed=4):
    """Six windows at one place, and two at another."""
    live(journal, subject, 0.3, 24, seed=seed)
    live(journal, subject, 2.1, 8, seed=seed + 1)


def used(journal):
    return [judgment for window in events(journal, "window") for judgment in window.judgments]


def test_an_alarm_opens_an_epoch_at_the_change_and_evidence_is_what_was_answered_since(files):
    journal, ledger = files
    change(journal)
    told = watcher(journal, ledger).react()
    (epoch,) = events(journal, "epoch")
    window = told[6].heard.window
    assert [one.epoch for one in told] == [None] * 6 + [epoch.id, None]
    assert (epoch.subject, epoch.since, epoch.window) == ("ada", window.began, window.id)
    assert (epoch.reason, epoch.by) == ("drift", "drift watch")
    history = journal.history("ada")
    assert tuple(history.epoch) == (epoch.id, window.began)
    assert [one.id for one in history.judgments] == used(journal)[24:]


def test_no_judgment_is_in_two_windows_and_the_next_window_is_of_the_new_epoch(files):
    journal, ledger = files
    change(journal)
    live(journal, "ada", 2.1, 12, seed=9)
    watcher(journal, ledger).catch_up()
    (epoch,) = events(journal, "epoch")
    assert len(used(journal)) == len(set(used(journal))) == 44
    later = [one for one in events(journal, "window") if one.number > 7]
    assert all(one.began >= epoch.since for one in later)


@pytest.mark.parametrize(("reaction", "asked"), [("ask", True), ("off", False)])
def test_where_the_settings_say_so_an_alarm_opens_nothing(files, reaction, asked):
    """It is in the ledger; whoever is to be asked is told."""
    journal, ledger = files
    change(journal)
    told = watcher(journal, ledger, epochs=reaction).react()
    assert events(journal, "epoch") == []
    assert len(events(ledger, "alarm")) == 1
    assert [one.asked for one in told] == [False] * 6 + [asked, False]
    found = epochs_of(News(journal.path).read().events, SETTINGS.model_copy(update={"epochs": reaction}))
    assert [(one.state, one.since) for one in found] == (
        [("proposed", told[6].heard.change_began)] if asked else []
    )
    assert len(journal.history("ada").judgments) == 32
    # what was not opened when it came is not opened behind anybody's back when the settings change
    watcher(journal, ledger, epochs="open").catch_up()
    assert events(journal, "epoch") == []


def test_a_person_opens_what_was_asked_for_and_nothing_is_asked_any_more(files):
    journal, ledger = files
    change(journal)
    watcher(journal, ledger, epochs="ask").catch_up()
    asking = SETTINGS.model_copy(update={"epochs": "ask"})
    (proposed,) = epochs_of(News(journal.path).read().events, asking)
    now = timestamp((START + 10_000) * SECOND)
    opened = open_epoch(journal, "ada", proposed.since, by="grace", now=now)
    (one,) = epochs_of(News(journal.path).read().events, asking)
    assert (one.id, one.state, one.by, one.window) == (opened, "holds", "grace", None)
    assert len(journal.history("ada").judgments) == 8


def test_an_epoch_undone_stays_undone_however_often_the_journal_is_read(files):
    """All that was said counts again, as it did."""
    journal, ledger = files
    change(journal)
    watcher(journal, ledger, epochs="off").catch_up()
    before = journal.history("ada")
    ledger.path.unlink()
    watcher(journal, ledger).catch_up()
    (epoch,) = events(journal, "epoch")
    assert len(journal.history("ada").judgments) == 8
    undo_epoch(journal, epoch.id, by="grace", why="a false alarm")
    for _ in range(2):
        ledger.path.unlink(missing_ok=True)  # though the alarm is written again, the epoch is not
        watcher(journal, ledger).catch_up()
        assert len(events(journal, "epoch")) == 1
        assert journal.history("ada") == before
    (one,) = epochs_of(News(journal.path).read().events, SETTINGS)
    assert (one.state, one.undone_by) == ("undone", "grace")
    assert one.why.endswith("undone by grace: a false alarm")


class _KilledError(Exception):
    pass


class _StopsAtAlarms:
    """A ledger whose process is killed before an alarm is written."""

    def append(self, kind, _fields):
        raise _KilledError(kind)


def test_a_watcher_killed_between_epoch_and_alarm_opens_no_second_one(files):
    journal, ledger = files
    change(journal)
    with pytest.raises(_KilledError):
        Watcher(News(journal.path).read, journal, _StopsAtAlarms(), normal_posterior, SETTINGS).catch_up()
    assert len(events(journal, "epoch")) == 1
    assert events(ledger, "alarm") == []
    told = watcher(journal, ledger).react()
    (epoch,) = events(journal, "epoch")
    assert len(events(ledger, "alarm")) == 1
    assert [one.epoch for one in told if one.heard.alarm] == [epoch.id]


def test_when_too_many_change_at_once_each_epoch_is_asked_for(files):
    """The fault may be the model's: the first few are opened, the others wait for a person."""
    journal, ledger = files
    for number in range(6):
        change(journal, f"person {number}", seed=40 + 2 * number)
    told = watcher(journal, ledger, population=PopulationSettings(windows=50.0)).react()
    reactions = [(one.epoch is not None, one.asked) for one in told if one.heard.alarm]
    assert reactions[0] == (True, False)
    assert reactions[-1] == (False, True)
    raised = [one.model_extra for one in events(ledger, "population")]
    assert ("change_rate", True) in [(one["measure"], one["raised"]) for one in raised]


def test_an_epoch_that_a_person_opened_makes_an_alarm_about_it_no_news(files):
    """Six windows, then a change that somebody saw; the alarm that follows is about the same."""
    journal, ledger = files
    live(journal, "ada", 0.3, 24, seed=4)
    watcher(journal, ledger).catch_up()
    live(journal, "ada", 2.1, 8, seed=5)
    now = timestamp((START + 10_000) * SECOND)
    opened = open_epoch(journal, "ada", events(journal, "feedback")[26].ts, by="grace", now=now)
    told = watcher(journal, ledger).react()
    assert [one.heard.alarm for one in told] == [False] * 6 + [True]
    assert [one.id for one in events(journal, "epoch")] == [opened]
    assert not any(one.asked for one in told)


def test_windows_are_due_in_the_order_in_which_they_were_complete(files):
    """Ada's was first, until an epoch left one of its answers out: then ben's is."""
    journal, _ = files
    news, cutter = News(journal.path), Cutter(3)
    live(journal, "ada", 0.3, 3, seed=4)
    live(journal, "ben", 0.3, 3, seed=5)
    for one in news.read().events:
        cutter.hear(one)
    assert cutter.due().subject == "ada"
    open_epoch(
        journal, "ada", events(journal, "feedback")[1].ts, by="grace", now=timestamp((START + 99) * SECOND)
    )
    live(journal, "ada", 0.3, 1, seed=6)
    order = []
    for one in news.read().events:
        cutter.hear(one)
    while cut := cutter.due():
        order.append(cut.subject)
        cutter.leave_out(cut.subject, [one.id for one in cut.judgments])
    assert order == ["ben", "ada"]


def test_what_an_epoch_leaves_out_waits_for_it_to_be_undone(files):
    """Two answers of before, and two since: no window; with the epoch undone the four make one."""
    journal, ledger = files
    live(journal, "ada", 0.3, 2, seed=4)
    live(journal, "ada", 0.3, 2, seed=5)
    since = events(journal, "feedback")[2].ts
    opened = open_epoch(journal, "ada", since, by="grace", now=timestamp((START + 10_000) * SECOND))
    ours = watcher(journal, ledger)
    assert ours.catch_up() == []
    undo_epoch(journal, opened, by="grace")
    (heard,) = ours.catch_up()
    assert list(heard.window.judgments) == [one.id for one in events(journal, "judgment")]


def test_an_epoch_opened_meanwhile_recuts_what_was_not_inferred_yet(files):
    """Three windows' answers are read at once; the alarm at a window opens an epoch before the next is cut."""
    journal, ledger = files
    change(journal)
    older = events(journal, "judgment")[0]
    made = journal.append_judgment(
        subject="ada", case=CASE, chosen=0, verdict="proved", posterior=PRIOR, source="verifier", reason=None,
        model_version="m1", meta_comment="",
    )  # fmt: skip
    # an answer of long ago, as a writer whose lines had to wait appends it
    journal.append_feedback(made, "approve", reward=0.1, at=START * SECOND)
    live(journal, "ada", 2.1, 4, seed=9)
    watcher(journal, ledger).catch_up()
    assert older.id in used(journal)
    assert made not in used(journal)
    assert [len(one.judgments) for one in events(journal, "window")] == [4] * 9


@pytest.mark.parametrize(
    ("subject", "since", "said"),
    [
        ("ada", START + 99_999, "is to come"),
        ("eve", START, "no judgment of 'eve'"),
        ("ada", START + 1, "holds, from"),
    ],
)
def test_an_epoch_that_makes_no_sense_is_not_opened(files, subject, since, said):
    """To come, of nobody, or before the one that holds."""
    journal, _ = files
    live(journal, "ada", 0.3, 4, seed=4)
    now = timestamp((START + 1000) * SECOND)
    open_epoch(journal, "ada", timestamp((START + 2) * SECOND), by="grace", now=now)
    with pytest.raises(CallerError, match=said):
        open_epoch(journal, subject, timestamp(since * SECOND), by="grace", now=now)
    assert len(events(journal, "epoch")) == 1


def test_only_an_epoch_that_stands_can_be_undone(files):
    journal, _ = files
    live(journal, "ada", 0.3, 4, seed=4)
    opened = open_epoch(
        journal, "ada", timestamp(START * SECOND), by="grace", now=timestamp((START + 99) * SECOND)
    )
    with pytest.raises(CallerError, match="no epoch 'x'"):
        undo_epoch(journal, "x", by="grace")
    undo_epoch(journal, opened, by="grace")
    with pytest.raises(CallerError, match="undone already"):
        undo_epoch(journal, opened, by="grace")


def test_a_replay_of_epochs_and_windows_is_the_same(files):
    """The report of the finished journal tells what was told live."""
    journal, ledger = files
    live_told = []
    for part in range(12):
        live(journal, "ada", 0.3 if part < 6 else 1.9, 5, seed=part)
        live(journal, "bob", -0.5, 3, seed=100 + part)
        live_told += [one for one in watcher(journal, ledger).react() if one.epoch][-1:]
    found = summarise(News(journal.path).read().events, SETTINGS)
    ada = next(one for one in found.subjects if one.subject == "ada")
    replayed = Followed(threshold=50.0).hear_all(events(journal, "window"))
    statistics = [one.statistic for one in replayed if one.window.subject == "ada"]
    assert [one.statistic for one in ada.series] == statistics
    assert [(one.id, one.since) for one in ada.epochs] == [
        (one.id, one.since) for one in events(journal, "epoch")
    ]
    assert {one.epoch for one in live_told} == {one.id for one in events(journal, "epoch")}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["answer", "open", "undo", "cut"]), st.integers(0, 12)), max_size=40
    )
)
def test_windows_are_disjoint_and_of_one_epoch_whatever_is_opened_and_undone(steps, tmp_path_factory):
    """Answers at any time, epochs from any time, undone or not; a window is cut whenever one is due, or later."""
    home = tmp_path_factory.mktemp("cutter")
    journal = Journal(home / "j.jsonl", fsync="never")
    news, cutter = News(journal.path), Cutter(3)
    opened, undone, taken = [], set(), []
    answered = {}
    for what, at in steps:
        if what == "answer":
            live_at(journal, at, answered)
        elif what == "open":
            fields = {"subject": "ada", "from": timestamp(at * SECOND), "window": None, "reason": "asked"}
            opened.append((journal.append("epoch", {**fields, "by": "us"}), timestamp(at * SECOND)))
        elif what == "undo" and opened:
            epoch = opened[at % len(opened)][0]
            journal.append("epoch_undone", {"epoch": epoch, "by": "us", "why": None})
            undone.add(epoch)
        for event in news.read().events:
            cutter.hear(event)
        since = max((begin for one, begin in opened if one not in undone), default="")
        left = [i for i, ts in answered.items() if ts >= since and i not in taken]
        cut = cutter.due()
        assert (cut is not None) == (len(left) >= 3)
        if cut is not None:
            assert [one.id for one in cut.judgments] == left[:3]
            if what == "cut":
                cutter.leave_out("ada", [one.id for one in cut.judgments])
                taken += left[:3]


def live_at(journal, at, answered):
    made = journal.append_judgment(
        subject="ada", case=CASE, chosen=0, verdict="proved", posterior=PRIOR, source="verifier", reason=None,
        model_version="m1", meta_comment="",
    )  # fmt: skip
    journal.append_feedback(made, "approve", at=at * SECOND)
    answered[made] = timestamp(at * SECOND)
