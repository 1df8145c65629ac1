"""What does `drift report --html` show? One file that needs nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from shlex import quote
from typing import TYPE_CHECKING

from bayesian_verifier.commands._drift_page_parts import anchor, heading, minute, slug, table
from bayesian_verifier.commands._drift_page_people import people
from bayesian_verifier.commands._drift_page_population import conflicts, crossings, population
from bayesian_verifier.commands._drift_report import moved
from bayesian_verifier.commands._svg import element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.drift import DriftSummary, OfEpoch, OfSubject

_PARTS = ("Changes", "Epochs", "The population", "Limits crossed", "People", "Conflicts")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(found: DriftSummary, most: int, *, journal: str) -> str:
    """The page as HTML. most: subjects that are drawn.   journal: its name, for people."""
    style = files("bayesian_verifier.commands").joinpath("drift_page.css").read_text()
    shown = found.subjects[:most]
    body = "".join(
        (
            element("h1", "Who has changed?"),
            element("p", f"Drift in {escape(journal)}{_period(found)}", class_="soft"),
            _tiles(found),
            element("nav", " · ".join(map(_link, _PARTS)), aria_label="Parts of this page"),
            _changed(found.subjects, {one.subject for one in shown}),
            _epochs(found.epochs, {one.subject for one in shown}),
            population(found),
            crossings(found.crossings),
            people(shown, found),
            conflicts(found.contradictions),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Drift: {escape(journal)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _link(name: str) -> str:
    return element("a", name, href=f"#{slug(name)}")


def _period(found: DriftSummary) -> str:
    series = [window for one in found.subjects for window in one.series]
    if not series:
        return ""
    return f", {min(one.began for one in series)[:10]} to {max(one.ended for one in series)[:10]}"


def _tiles(found: DriftSummary) -> str:
    epochs = found.epochs
    changed = sum(bool(one.alarms) for one in found.subjects)
    proposed = sum(one.state == "proposed" for one in epochs)
    raised = sum(one.raised for one in found.population)
    tiles = [
        ("people followed", f"{len(found.subjects):,}", False),
        ("windows of their answers", f"{found.windows:,}", False),
        ("have changed", f"{changed:,}", changed > 0),
        ("epochs hold", f"{sum(one.state == 'holds' for one in epochs):,}", False),
        ("wait to be opened", f"{proposed:,}", proposed > 0),
        ("limits of the population crossed", f"{raised:,}", raised > 0),
    ]
    items = (
        element("li", f"<b>{value}</b>{escape(name)}", class_="warn" if warn else "fine")
        for name, value, warn in tiles
    )
    return element("ul", "".join(items), class_="tiles")


def _changed(subjects: Iterable[OfSubject], drawn: set[str]) -> str:
    rows = [
        (
            element("td", _linked(one.subject, drawn), class_="long"),
            element("td", minute(alarm.change_began), class_="nowrap"),
            element("td", escape(moved(alarm)), class_="number"),
            element("td", minute(alarm.at), class_="nowrap"),
            element("td", f"{alarm.statistic:,.0f}", class_="number"),
            element("td", escape(_reaction(one.epochs, alarm.change_began))),
        )
        for one in subjects
        for alarm in one.alarms
    ]
    head = heading("Changes")
    if not rows:
        return head + element("p", "Nobody has changed, as far as can be told from these windows.")
    names = ("person", "since", "by", "noticed at", "R", "epoch")
    return head + table(names, rows, "Alarms, by person", numbers={"by", "R"})


def _epochs(found: Sequence[OfEpoch], drawn: set[str]) -> str:
    head = heading("Epochs")
    if not found:
        return head + element("p", "None: all that everybody answered counts.")
    rows = [
        (
            element("td", _linked(one.subject, drawn), class_="long"),
            element("td", minute(one.since), class_="nowrap"),
            element("td", one.state),
            element("td", escape(one.why), class_="said"),
            element("td", escape(one.by or "")),
            element("td", element("code", escape(one.id or _to_open(one))), class_="long"),
        )
        for one in found
    ]
    lead = "Only what a person answered in the epoch that holds is evidence. To take one back: drift undo ID --by NAME."
    told = table(
        ("person", "answers count from", "state", "why", "opened by", "id, or how to open it"),
        rows,
        "Epochs, by person",
    )
    return head + element("p", lead, class_="soft") + told


def _to_open(one: OfEpoch) -> str:
    return f"drift open {quote(one.subject)} --from {one.since} --by NAME"


def _reaction(epochs: Sequence[OfEpoch], since: str) -> str:
    of = [one for one in epochs if one.since == since]
    return ", ".join(one.state for one in of) if of else "none"


def _linked(subject: str, drawn: set[str]) -> str:
    return element("a", escape(subject), href=f"#{anchor(subject)}") if subject in drawn else escape(subject)
