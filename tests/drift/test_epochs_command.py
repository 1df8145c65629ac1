"""`drift epochs`, `drift open`, `drift undo`, as they are typed."""

from __future__ import annotations

import json
import shlex

import pytest
from click.testing import CliRunner
from test_epochs_watched import change, watcher
from test_watching import events, live, ticking

from bayesian_verifier.commands.drift import command
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal

SETTINGS = (
    'window = 4\nthreshold = 50.0\nwander = 0.0\nepochs = "ask"\n[evaluation]\npeople = 50\nwindows = 100\nseed = 0\n'
    'thresholds = [10.0]\n[evaluation.delays]\n"1.0" = 9.0\n'
)


@pytest.fixture
def journal(tmp_path):
    """Somebody who changed, for whom an epoch is asked, and one who did not."""
    with (
        Journal(tmp_path / "judgments.jsonl", fsync="never", clock=ticking()) as log,
        Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger,
    ):
        change(log, "ada b.")
        live(log, "ben", 0.4, 8, seed=30)
        watcher(log, ledger, epochs="ask").catch_up()
        (tmp_path / "drift.toml").write_text(SETTINGS)
        yield log


def drift(words, journal):
    return CliRunner().invoke(command, [*words, "--journal", str(journal.path)])


def listed(journal, *more: str):
    words = ["epochs", str(journal.path), "--settings", str(journal.path.parent / "drift.toml"), *more]
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_what_waits_to_be_opened_is_listed_with_the_words_that_open_it(journal):
    """They work as they stand, but for the name."""
    said = listed(journal)
    words = shlex.split(next(line for line in said.splitlines() if line.startswith("to open: ")))[4:]
    assert words[:3] == ["open", "ada b.", "--from"]
    done = CliRunner().invoke(command, [word.replace("YOU", "grace") for word in words])
    assert done.exit_code == 0, done.output
    (epoch,) = events(journal, "epoch")
    assert done.output.strip() == epoch.id
    assert epoch.by == "grace"
    (one,) = json.loads(listed(journal, "--json"))
    assert (one["id"], one["from"], one["state"]) == (epoch.id, epoch.since, "holds")
    assert "to open" not in listed(journal)


def test_undo_says_who_and_why(journal):
    live_from = events(journal, "window")[5].began
    opened = drift(["open", "ada b.", "--from", live_from, "--by", "grace"], journal).output.strip()
    done = drift(["undo", opened, "--by", "linus", "--why", "no"], journal)
    assert done.exit_code == 0
    (undone,) = events(journal, "epoch_undone")
    assert (undone.epoch, undone.by, undone.why) == (opened, "linus", "no")
    assert "undone by linus: no" in " ".join(listed(journal).split())
    assert isinstance(drift(["undo", opened, "--by", "linus"], journal).exception, CallerError)


def test_a_subject_is_asked_for_alone(journal):
    assert json.loads(listed(journal, "--subject", "ben", "--json")) == []
    assert listed(journal, "--subject", "ben") == "no epochs: all that everybody answered counts\n"
    assert len(json.loads(listed(journal, "--subject", "ada b.", "--json"))) == 1


@pytest.mark.parametrize("since", ["yesterday", "2026-11-20T08:00:00", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_or_lacks_its_zone_is_refused(journal, since):
    done = drift(["open", "ben", "--from", since, "--by", "grace"], journal)
    assert done.exit_code == 2
    assert events(journal, "epoch") == []


def test_a_time_of_another_zone_is_taken_to_utc(journal):
    drift(["open", "ben", "--from", "2023-11-14T23:30:00+01:00", "--by", "grace"], journal)
    (epoch,) = events(journal, "epoch")
    assert epoch.since == "2023-11-14T22:30:00.000000Z"


def test_a_name_is_asked_for(journal):
    assert drift(["open", "ben", "--from", "2023-11-14T23:30:00Z"], journal).exit_code == 2
    assert drift(["undo", "x"], journal).exit_code == 2
