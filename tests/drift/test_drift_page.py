"""Does the page say what the journal says, to everybody, without asking anybody for anything?"""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser

import numpy as np
import pytest
from click.testing import CliRunner
from test_epochs_watched import START, change, watcher
from test_watching import SETTINGS, live, ticking

from bayesian_verifier.commands._drift_page import page
from bayesian_verifier.commands._svg import Scale, band, element, line, ticks
from bayesian_verifier.commands.drift import command
from bayesian_verifier.drift import MEASURES, open_epoch, summarise, undo_epoch
from bayesian_verifier.journal import Journal, News, timestamp

#: a name that would break a page that did not escape it
HOSTILE = "<script>alert(1)</script>\"&'"


class Page(HTMLParser):
    """Tags with their attributes, text by the tag it is in, and rows of tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Somebody with a difficult name who changed, one whose epoch was undone, and two who did not change."""
    home = tmp_path_factory.mktemp("page")
    with (
        Journal(home / "judgments.jsonl", fsync="never", clock=ticking()) as log,
        Journal(home / "ledger.jsonl", fsync="never") as ledger,
    ):
        for number, subject in enumerate((HOSTILE, "ben")):
            change(log, subject, seed=4 + 10 * number)
        live(log, "cay", 0.4, 8, seed=30)
        live(log, "dee", 0.9, 4, seed=31)
        watcher(log, ledger).catch_up()
        ben = log.history("ben").epoch
        undo_epoch(log, ben.id, by="grace", why="a <false> alarm")
        live(log, "eve", 0.9, 1, seed=32)
        since, now = timestamp((START + 90) * 10**9), timestamp((START + 9999) * 10**9)
        for subject in ("cay", "eve"):
            open_epoch(log, subject, since, by="grace", now=now)
        return log.path


@pytest.fixture(scope="module")
def found(journal):
    return summarise(News(journal).read().events, SETTINGS)


@pytest.fixture(scope="module")
def text(found):
    return page(found, 20, journal="a&b.jsonl")


def test_nothing_is_asked_of_anybody(text):
    """No script, no image, no font, no sheet, no link but within the page; and the browser is told so."""
    read = Page(text)
    assert read.open == []
    assert not read.named("script", "img", "link", "iframe", "object", "use", "image", "base", "form")
    for _, attributes in read.tags:
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?:|//", text)
    policy = [one["content"] for one in read.named("meta") if one.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_names_are_text_and_nothing_else(text):
    """One that looks like a script is shown as it is; links lead to where it is drawn."""
    read = Page(text)
    assert ("h3", HOSTILE) in read.texts
    targets = {one["href"][1:] for one in read.named("a")}
    assert targets <= {one["id"] for one in read.named("section", "h2") if "id" in one}
    assert "a <false> alarm" in "".join(data for tag, data in read.texts if tag == "p")


def test_every_change_is_a_row_with_when_and_by_how_much(text, found):
    rows = [
        row for row in Page(text).rows if len(row) == 6 and row[2][0] in "+-" and row[0] in {HOSTILE, "ben"}
    ]
    expected = [
        [
            one.subject,
            one.alarms[0].change_began[:16].replace("T", " "),
            f"{one.alarms[0].moved:+.2f}",
            one.alarms[0].at[:16].replace("T", " "),
            f"{one.alarms[0].statistic:,.0f}",
            "undone" if one.subject == "ben" else "holds",
        ]
        for one in found.subjects
        if one.alarms
    ]
    assert rows == expected
    assert len(expected) == 2


def test_every_chart_says_in_words_what_it_shows(text, found):
    """A name, a description, and a table with the figures of each window."""
    read = Page(text)
    drawn = sum(one.value is not None for one in found.population) + 2 * len(found.subjects)
    charts = read.named("svg")
    assert len(charts) == drawn
    assert all(one["role"] == "img" and len(one["aria-label"]) > 20 for one in charts)
    rows = [row for row in read.rows if len(row) == 8 and row[0].isdecimal()]
    assert len(rows) == found.windows
    first, second = found.subjects[0].series[:2]
    assert rows[0][2:5] == [f"{first.belief.mean:.2f} ± {first.belief.sd:.2f}", "", ""]
    ratio, away = (
        second.belief.sd / first.belief.sd,
        (second.belief.mean - first.belief.mean) / first.belief.sd,
    )
    assert rows[1][3] == f"{0.5 * (ratio**2 + away**2 - 1) - np.log(ratio):.2f}"


def test_every_epoch_is_a_row_with_what_takes_it_back(text, found):
    """Also of somebody who has no window yet; by person and time."""
    rows = [row for row in Page(text).rows if len(row) == 6 and row[2] in {"holds", "undone"}]
    assert [(row[0], row[2], row[4], row[5]) for row in rows] == [
        (one.subject, one.state, one.by, one.id) for one in found.epochs
    ]
    assert [one.subject for one in found.epochs] == [HOSTILE, "ben", "cay", "eve"]


def test_an_epoch_that_waits_is_shown_with_what_opens_it(tmp_path):
    """In words for a shell, though the name holds what a shell would take for its own."""
    with (
        Journal(tmp_path / "judgments.jsonl", fsync="never", clock=ticking()) as log,
        Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger,
    ):
        change(log, "o'hara; rm")
        watcher(log, ledger, epochs="ask").catch_up()
        asking = SETTINGS.model_copy(update={"epochs": "ask"})
        found = summarise(News(log.path).read().events, asking)
    (row,) = [row for row in Page(page(found, 1, journal="j")).rows if row[2] == "proposed"]
    assert shlex.split(row[-1]) == [
        "drift",
        "open",
        "o'hara; rm",
        "--from",
        found.epochs[0].since,
        "--by",
        "NAME",
    ]


def test_an_alarm_is_a_mark_where_the_statistic_is_above_its_line(text, found):
    """In each of the two charts of each of those who changed; and an epoch is a line in one."""
    marks = [one for one in Page(text).named("path") if one.get("class") == "alarm"]
    assert len(marks) == 2 * sum(len(one.alarms) for one in found.subjects)
    epochs = [
        one["class"] for one in Page(text).named("path") if (one.get("class") or "").startswith("epoch")
    ]
    assert sorted(epochs) == ["epoch holds", "epoch holds", "epoch undone"]


def test_light_dark_and_narrow_are_thought_of(text):
    assert "prefers-color-scheme: dark" in text
    assert 'content="width=device-width, initial-scale=1"' in text
    assert all("tabindex" in one for one in Page(text).named("div") if one.get("class") == "scroll")


def test_a_journal_without_windows_says_what_to_do():
    read = Page(page(summarise((), SETTINGS), 20, journal="judgments.jsonl"))
    said = " ".join(data for tag, data in read.texts if tag == "p")
    assert "drift watch" in said
    assert "Nobody has changed" in said
    assert not read.named("svg")


def test_one_window_and_many_years_are_drawn_within_the_frame(found):
    """Whatever there is; no coordinate is outside of its picture, and none is no number."""
    one = found.subjects[-1]
    few = found._replace(subjects=(one._replace(series=one.series[:1], windows=1),))
    text = page(few, 1, journal="judgments.jsonl")
    assert "nan" not in text
    assert "inf" not in text.replace("information", "")
    for x, y in re.findall(r'c?x="([^"]*)" c?y="([^"]*)"', text):
        assert 0 <= float(x) <= 360
        assert 0 <= float(y) <= 150


def test_the_command_writes_page_and_document(journal, tmp_path):
    """The document has every window and every measure; the page is the same as from Python."""
    home = journal.parent
    (home / "drift.toml").write_text(
        "window = 4\nthreshold = 50.0\nwander = 0.0\n[evaluation]\npeople = 50\nwindows = 100\nseed = 0\n"
        'thresholds = [10.0]\n[evaluation.delays]\n"1.0" = 9.0\n'
    )
    words = [
        str(journal),
        "--settings",
        str(home / "drift.toml"),
        "--html",
        str(tmp_path / "p.html"),
        "--json",
    ]
    done = CliRunner().invoke(command, ["report", *words])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    found = summarise(News(journal).read().events, SETTINGS)
    assert (tmp_path / "p.html").read_text() == page(found, 20, journal="judgments.jsonl")
    assert {one["measure"] for one in document["population"]} == set(MEASURES)
    for told, one in zip(document["subjects"], found.subjects, strict=True):
        assert [window["statistic"] for window in told["series"]] == [w.statistic for w in one.series]
        assert [epoch["state"] for epoch in told["epochs"]] == [epoch.state for epoch in one.epochs]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (-1.3, 2.2, [-1.0, 0.0, 1.0, 2.0]),
        (3.0, 3.0, [3.0]),
        (0.0, 0.02, [0.0, 0.005, 0.01, 0.015, 0.02]),
    ],
)
def test_ticks_are_round_and_few(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_a_scale_ends_where_the_page_does_and_elements_are_escaped():
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert [scale.at(value) for value in (-5.0, 0.0, 2.5, 10.0, 99.0)] == [100.0, 100.0, 125.0, 200.0, 200.0]
    assert Scale(1.0, 1.0, 100.0, 200.0).at(1.0) == 150.0
    assert element("a", "x", href='"<&', class_="b", aria_label="c") == (
        '<a href="&quot;&lt;&amp;" class="b" aria-label="c">x</a>'
    )
    assert line([(1.0, 2.0)]) == band([(1.0, 2.0)], [(1.0, 2.0)]) == ""
    assert line([(1.0, 2.0), (3.0, 4.25)]) == '<path d="M1.0 2.0L3.0 4.2"></path>'
