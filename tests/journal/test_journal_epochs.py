"""Do only the answers of a person's epoch count, however the events came together, and all again once it is undone?"""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from journal_samples import judge, lines_of

from bayesian_verifier.journal import MOST_ANSWERED, Journal, export, forget, marks_of, merge, timestamp
from bayesian_verifier.posterior import Belief

SECOND = 10**9
_SUBJECTS = st.sampled_from(["ada", "ben"])
_TIMES = st.integers(0, 9)


def order(line: dict[str, Any]) -> tuple[Any, ...]:
    return (line["ts"], line["writer"], line["seq"])


def expected(lines: list[dict[str, Any]], subject: str) -> dict[str, Any]:
    """A history by its rule, written out over all lines: no index, no order of the file."""
    undone = {line["epoch"] for line in lines if line["kind"] == "epoch_undone"}
    opened = [line for line in lines if line["kind"] == "epoch" and line["subject"] == subject]
    standing = [line for line in opened if line["id"] not in undone]
    epoch = max(standing, key=lambda line: (line["from"], order(line))) if standing else None
    made = [line for line in lines if line["kind"] == "judgment" and line["subject"] == subject]
    answered = []
    for one in sorted(made, key=order):
        said = [line for line in lines if line["kind"] == "feedback" and line["judgment"] == one["id"]]
        last = max(said, key=order) if said else None
        if last is not None and (epoch is None or last["ts"] >= epoch["from"]):
            answered.append((one["id"], last["feedback"], last["reward"]))
    trusted = [
        one
        for one in made
        if one["source"] == "verifier" and one.get("epoch") == (None if epoch is None else epoch["id"])
    ]
    return {
        "answered": answered,
        "trusted": max(trusted, key=order)["posterior"]["mean"] if trusted else None,
        "epoch": None if epoch is None else (epoch["id"], epoch["from"]),
    }


def found(journal: Journal, subject: str) -> dict[str, Any]:
    history = journal.history(subject)
    assert history.marks == marks_of(history.judgments)
    return {
        "answered": [(one.id, one.feedback, one.reward) for one in history.judgments],
        "trusted": None if history.trusted is None else history.trusted.belief.mean,
        "epoch": None if history.epoch is None else tuple(history.epoch),
    }


class Epochs(RuleBasedStateMachine):
    """Two sites append, each to its own file, about the same people; times collide and run backwards."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.home = Path(self.directory.name)
        self.sites = [
            Journal(self.home / f"{name}.jsonl", writer=name, rotate_bytes=2048, fsync="never")
            for name in ("a", "b")
        ]
        self.numbers = itertools.count()
        self.judgments: list[tuple[str, Journal]] = []
        self.epochs: list[str] = []

    def lines(self) -> list[list[dict[str, Any]]]:
        """What each site has written, read by the standard library."""
        return [
            [
                line
                for file in [*sorted(self.home.glob(f"{site.writer}.0*.jsonl")), site.path]
                if file.exists()
                for line in lines_of(file)
            ]
            for site in self.sites
        ]

    @rule(site=st.integers(0, 1), subject=_SUBJECTS, at=_TIMES, trusted=st.booleans(), in_epoch=st.booleans())
    def propose(self, site: int, subject: str, at: int, trusted: bool, in_epoch: bool) -> None:
        number = next(self.numbers)
        epoch = self.sites[site].history(subject).epoch
        more = {"epoch": epoch.id} if in_epoch and epoch is not None else None
        made = judge(
            self.sites[site],
            subject,
            source="verifier" if trusted else "controller",
            posterior=Belief(float(number), 0.5),
            more=more,
            event_id=f"j{number}",
            at=at * SECOND,
        )
        self.judgments.append((made, self.sites[site]))

    @precondition(lambda self: self.judgments)
    @rule(data=st.data(), at=_TIMES, said=st.sampled_from(["approve", "reject"]))
    def answer(self, data: st.DataObject, at: int, said: Any) -> None:  # noqa: ANN401
        """Also one that was answered before, in another epoch."""
        made, site = data.draw(st.sampled_from(self.judgments))
        site.append_feedback(made, said, event_id=f"f{next(self.numbers)}", at=at * SECOND)

    @rule(site=st.integers(0, 1), subject=_SUBJECTS, since=_TIMES, at=_TIMES)
    def open(self, site: int, subject: str, since: int, at: int) -> None:
        fields = {"subject": subject, "from": timestamp(since * SECOND), "window": None, "reason": "asked"}
        opened = self.sites[site].append(
            "epoch", {**fields, "by": "us"}, event_id=f"e{next(self.numbers)}", at=at * SECOND
        )
        self.epochs.append(opened)

    @precondition(lambda self: self.epochs)
    @rule(site=st.integers(0, 1), data=st.data(), at=_TIMES)
    def undo(self, site: int, data: st.DataObject, at: int) -> None:
        """Also at the other site, which has not heard of it: it holds there until the files are merged."""
        fields = {"epoch": data.draw(st.sampled_from(self.epochs)), "by": "us", "why": None}
        self.sites[site].append("epoch_undone", fields, event_id=f"u{next(self.numbers)}", at=at * SECOND)

    @invariant()
    def a_history_is_that_of_the_rule(self) -> None:
        """As kept from question to question, and as read anew."""
        if not hasattr(self, "sites"):
            return
        for site, lines in zip(self.sites, self.lines(), strict=True):
            for subject in ("ada", "ben"):
                assert found(site, subject) == expected(lines, subject)
                assert found(Journal(site.path), subject) == expected(lines, subject)

    @precondition(lambda self: all(site.path.exists() for site in self.sites))
    @rule()
    def merging_in_any_order_is_the_same(self) -> None:
        places = [site.path for site in self.sites]
        number = next(self.numbers)
        for order_, out in ((places, f"m{number}"), (places[::-1], f"n{number}")):
            merge(self.home / out, order_)
        assert (self.home / f"m{number}").read_bytes() == (self.home / f"n{number}").read_bytes()
        lines = [line for of_site in self.lines() for line in of_site]
        merged = Journal(self.home / f"m{number}")
        assert merged.verify().whole
        for subject in ("ada", "ben"):
            assert found(merged, subject) == expected(lines, subject)

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.directory.cleanup()


Epochs.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestEpochs = Epochs.TestCase


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Three answers of ada before the fifth second, two after it; the epoch of that second, which was undone."""
    log = Journal(tmp_path / "j.jsonl", writer="app", fsync="never")
    for number in range(5):
        made = judge(log, event_id=f"j{number}", at=number * SECOND)
        log.append_feedback(made, "approve", at=(number + 2) * SECOND)
    fields = {"subject": "ada", "from": timestamp(5 * SECOND), "window": None, "reason": "asked", "by": "us"}
    log.append("epoch", fields, event_id="e", at=6 * SECOND)
    log.append("epoch_undone", {"epoch": "e", "by": "grace", "why": "no"}, event_id="u", at=7 * SECOND)
    return log


def open_again(journal: Journal) -> None:
    fields = {"subject": "ada", "from": timestamp(5 * SECOND), "window": None, "reason": "asked", "by": "us"}
    journal.append("epoch", fields, event_id="again")


def test_an_answer_counts_by_when_it_was_given(journal: Journal) -> None:
    """Whenever the judgment was made: answers of the fifth and the sixth second."""
    assert len(journal.history("ada").judgments) == 5
    open_again(journal)
    assert [one.id for one in journal.history("ada").judgments] == ["j3", "j4"]
    journal.append_feedback("j0", "reject", at=8 * SECOND)
    assert [one.id for one in journal.history("ada").judgments] == ["j0", "j3", "j4"]


def test_what_is_known_of_somebody_who_said_much_is_complete_again_when_an_epoch_is_undone(
    tmp_path: Path,
) -> None:
    """More answers than are kept decoded, most of them of before."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, fsync="never")
    count = 2 * MOST_ANSWERED + 60
    for number in range(count):
        judge(journal, event_id=f"j{number}", at=number * SECOND)
        journal.append_feedback(f"j{number}", "approve", at=number * SECOND)
    before = journal.history("ada")
    since = timestamp((count - 10) * SECOND)
    opened = journal.append(
        "epoch", {"subject": "ada", "from": since, "window": None, "reason": "asked", "by": "us"}
    )
    for reader in (journal, Journal(path)):
        history = reader.history("ada")
        assert [one.id for one in history.judgments] == [f"j{n}" for n in range(count - 10, count)]
        assert history.marks == marks_of(history.judgments)
    journal.append("epoch_undone", {"epoch": opened, "by": "us", "why": None})
    for reader in (journal, Journal(path)):
        assert reader.history("ada") == before


def test_forgetting_somebody_forgets_their_epochs_and_who_took_them_back(journal: Journal) -> None:
    """No line of theirs is left, and an older copy that is merged brings none back."""
    copy = journal.path.with_name("copy.jsonl")
    copy.write_bytes(journal.path.read_bytes())
    kept = judge(journal, "ben")
    assert forget(journal.path, "ada").total == 12
    lines = lines_of(journal.path)
    assert [line["id"] for line in lines if line["kind"] == "judgment"] == [kept]
    assert not {"epoch", "epoch_undone"} & {line["kind"] for line in lines}
    assert journal.verify().whole
    merge(journal.path, [copy, journal.path])
    assert not {"epoch", "epoch_undone"} & {line["kind"] for line in lines_of(journal.path)}


def test_somebody_whose_epoch_was_put_back_is_named_as_left(journal: Journal) -> None:
    """`verify` says that a subject who was to be forgotten is there, though only by an epoch."""
    lines = journal.path.read_bytes().splitlines(keepends=True)
    forget(journal.path, "ada")
    with journal.path.open("ab") as file:
        file.write(next(line for line in lines if b'"kind":"epoch"' in line))
    assert len(journal.verify().remains) == 1


def test_taking_back_an_epoch_that_is_not_there_is_named(journal: Journal) -> None:
    """As feedback on a judgment that is not there is; until a file that has it is merged."""
    lines = journal.path.read_bytes().splitlines(keepends=True)
    with_it, without = journal.path.with_name("with.jsonl"), journal.path.with_name("without.jsonl")
    with_it.write_bytes(next(line for line in lines if b'"kind":"epoch"' in line))
    without.write_bytes(next(line for line in lines if b'"kind":"epoch_undone"' in line))
    (stray,) = Journal(without).verify().strays
    assert "epoch e," in stray.problem
    assert merge(journal.path.with_name("one"), [without]).strays == 1
    assert merge(journal.path.with_name("both"), [without, with_it]).strays == 0


def test_an_epoch_is_no_judgment_to_answer(journal: Journal) -> None:
    """Its id is none that feedback may be on."""
    assert journal.knows("j0")
    assert not journal.knows("e")


def test_epochs_are_exported_with_who_and_when(journal: Journal, tmp_path: Path) -> None:
    """A row for each opening and each taking back; judgments say of which epoch their evidence was."""
    judge(journal, source="verifier", more={"epoch": "e"}, event_id="late")
    export(journal.path, tmp_path / "out")
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        rows = connection.execute(
            f"""SELECT id, kind, subject, epoch('1970-01-01'::TIMESTAMPTZ) + epoch("from"), "by", why, epochs.epoch
            FROM '{tmp_path}/out/epochs/*/*.parquet' epochs ORDER BY id"""  # noqa: S608
        ).fetchall()
        told = connection.execute(
            f"SELECT id, epoch FROM '{tmp_path}/out/judgments/*/*.parquet' WHERE epoch IS NOT NULL"  # noqa: S608
        ).fetchall()
    assert rows == [
        ("e", "epoch", "ada", 5.0, "us", None, None),
        ("u", "epoch_undone", None, None, "grace", "no", "e"),
    ]
    assert told == [("late", "e")]


def test_lines_are_what_the_contract_says(journal: Journal) -> None:
    """Member by member, for programs of other make."""
    opened, undone = (json.loads(line) for line in journal.path.read_bytes().splitlines()[-2:])
    envelope = {"v", "seq", "id", "ts", "writer", "kind", "crc"}
    assert {name: value for name, value in opened.items() if name not in envelope} == {
        "subject": "ada",
        "from": "1970-01-01T00:00:05.000000Z",
        "window": None,
        "reason": "asked",
        "by": "us",
    }
    assert {name: value for name, value in undone.items() if name not in envelope} == {
        "epoch": "e",
        "by": "grace",
        "why": "no",
    }
