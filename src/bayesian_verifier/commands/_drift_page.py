"""What does `drift report --html` show? One file that needs nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bayesian_verifier.commands._drift_charts import means_chart, statistic_chart, trend_chart
from bayesian_verifier.commands._svg import element
from bayesian_verifier.drift import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.drift import Contradiction, DriftSummary, OfEpoch, OfSubject, Standing

_MOST_CONFLICTS = 20
_PARTS = ("Changes", "The population", "Limits crossed", "People", "Conflicts")
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
            _population(found),
            _people(shown, found),
            _conflicts(found.contradictions),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Drift: {escape(journal)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _link(name: str) -> str:
    return element("a", name, href=f"#{_slug(name)}")


def _heading(name: str) -> str:
    return element("h2", name, id=_slug(name))


def _period(found: DriftSummary) -> str:
    series = [window for one in found.subjects for window in one.series]
    if not series:
        return ""
    return f", {min(one.began for one in series)[:10]} to {max(one.ended for one in series)[:10]}"


def _tiles(found: DriftSummary) -> str:
    epochs = [epoch for one in found.subjects for epoch in one.epochs]
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
            element("td", _minute(alarm.change_began), class_="nowrap"),
            element("td", f"{alarm.moved:+.2f}", class_="number"),
            element("td", _minute(alarm.at), class_="nowrap"),
            element("td", f"{alarm.statistic:,.0f}", class_="number"),
            element("td", escape(_reaction(one.epochs, alarm.change_began))),
        )
        for one in subjects
        for alarm in one.alarms
    ]
    head = _heading("Changes")
    if not rows:
        return head + element("p", "Nobody has changed, as far as can be told from these windows.")
    names = ("person", "since", "by", "noticed at", "R", "epoch")
    return head + _table(names, rows, "Alarms, by person", numbers={"by", "R"})


def _reaction(epochs: Sequence[OfEpoch], since: str) -> str:
    of = [one for one in epochs if one.since == since]
    return ", ".join(one.state for one in of) if of else "none"


def _population(found: DriftSummary) -> str:
    trends = {one.measure: one for one in found.trends}
    cards = (
        element(
            "div",
            element("div", element("h3", _named(one)) + _badge(one), class_="head")
            + element("figure", trend_chart(one, trends.get(one.measure)) + _caption(one)),
            class_="card",
        )
        for one in found.population
        if one.value is not None
    )
    unheard = ", ".join(_named(one) for one in found.population if one.value is None)
    crossings = [
        (
            element("td", _minute(one.until), class_="nowrap"),
            element("td", escape(_plain_name(one.measure))),
            element("td", "above its limit" if one.raised else "back"),
            element("td", f"{one.value:.3g}", class_="number"),
            element("td", f"{one.limit:g}", class_="number"),
            element("td", f"{one.windows}", class_="number"),
            element("td", f"{one.people}", class_="number"),
        )
        for one in reversed(found.crossings)
    ]
    names = ("when", "measure", "now", "value", "limit", "windows", "people")
    table = (
        _table(names, crossings, "Limits crossed", numbers={"value", "limit", "windows", "people"})
        if crossings
        else element("p", "No limit was ever crossed.")
    )
    lead = (
        "Dashed: the limit; dotted: where a measure is back. A line is not read as a decision: a measure is raised "
        "when it is surely above its limit, and stays so until it is surely back."
    )
    return (
        _heading("The population")
        + element("p", lead, class_="soft")
        + element("div", "".join(cards), class_="measures")
        + (element("p", f"No window says anything of {unheard}.", class_="soft") if unheard else "")
        + _heading("Limits crossed")
        + table
    )


def _caption(one: Standing) -> str:
    return element("figcaption", escape(MEASURES[one.measure].says))


def _plain_name(measure: str) -> str:
    return measure.replace("_", " ")


def _named(one: Standing) -> str:
    return escape(_plain_name(one.measure))


def _badge(one: Standing) -> str:
    value = f"{one.value:.3g}"
    if one.raised:
        return element("span", f"{value}, raised (limit {one.above:g})", class_="badge warn")
    return element("span", value, class_="badge fine")


def _conflicts(found: Sequence[Contradiction]) -> str:
    head = _heading("Conflicts")
    if not found:
        return head + element("p", "No two sources contradict each other about anybody.")
    rows = [
        (
            element("td", _minute(one.at), class_="nowrap"),
            element("td", escape(one.subject), class_="long"),
            element("td", escape(_plain_name(one.measure.removeprefix("conflict_")))),
            element("td", f"{one.z:+.1f}", class_="number"),
        )
        for one in reversed(found[-_MOST_CONFLICTS:])
    ]
    lead = (
        f"{len(found)} windows in which the service was contradicted by somebody's answers, by the controller or by "
        "the RL policy: by more than 1.96 sd of what they may differ by. Of those that agree, one in twenty is."
    )
    table = _table(("when", "person", "contradicted by", "sd"), rows, "The newest conflicts", numbers={"sd"})
    return head + element("p", lead, class_="soft") + table


def _people(shown: Sequence[OfSubject], found: DriftSummary) -> str:
    head = _heading("People")
    if not shown:
        waiting = (
            "No windows yet: bayesian-verifier drift watch makes them, once people have answered enough."
        )
        return head + element("p", waiting)
    lead = (
        "Each window by itself: what was answered in others is not in it. A diamond is an alarm, an upright line the "
        "beginning of an epoch; a hollow dot is a window that its own checks doubt."
    )
    cards = "".join(_person(number, one, found.threshold) for number, one in enumerate(shown))
    rest = len(found.subjects) - len(shown)
    more = element("p", f"And {rest} more (--last, --json).", class_="soft") if rest else ""
    return head + element("p", lead, class_="soft") + cards + more


def _person(number: int, one: OfSubject, threshold: float) -> str:
    last = one.last
    now = f"{one.windows} windows, last {last.mean:.2f} ± {last.sd:.2f}"
    head = element("h3", escape(one.subject)) + element("span", now, class_="soft")
    mean, evidence = "risk aversion, with its 90% interval", "evidence for a change, on a log scale"
    charts = element("figure", means_chart(one) + element("figcaption", mean))
    charts += element("figure", statistic_chart(one, threshold) + element("figcaption", evidence))
    card = element("div", head, class_="head") + element("div", charts, class_="charts") + _figures(one)
    return element("section", card, class_="card", id=_anchor(one.subject), aria_label=f"Person {number + 1}")


def _figures(one: OfSubject) -> str:
    """All that the charts show, for those who would rather read."""
    rows = [
        (
            element("td", f"{window.number}", class_="number"),
            element("td", _minute(window.ended), class_="nowrap"),
            element("td", f"{window.belief.mean:.2f} ± {window.belief.sd:.2f}", class_="number"),
            element("td", f"{window.statistic:,.3g}", class_="number"),
            element("td", "" if window.log_loss is None else f"{window.log_loss:.2f}", class_="number"),
            element("td", "changed" if window.alarm else ""),
        )
        for window in one.series
    ]
    names = ("window", "ended", "risk aversion", "R", "log-loss", "alarm")
    numbers = {"window", "risk aversion", "R", "log-loss"}
    epochs = "".join(
        element("p", f"Epoch from {_minute(epoch.since)}: {epoch.state}, {escape(epoch.why)}.", class_="soft")
        for epoch in one.epochs
    )
    table = _table(names, rows, f"Windows of {one.subject}", numbers=numbers)
    return epochs + element("details", element("summary", "in figures") + table)


def _table(
    names: Iterable[str], rows: Iterable[Iterable[str]], caption: str, *, numbers: Iterable[str] = ()
) -> str:
    right = set(numbers)
    cells = (
        element("th", escape(name), scope="col", **({"class_": "number"} if name in right else {}))
        for name in names
    )
    head = element("thead", element("tr", "".join(cells)))
    body = element("tbody", "".join(element("tr", "".join(row)) for row in rows))
    # a table may be wider than a phone: it scrolls by itself, also with keys
    return element(
        "div", element("table", head + body), class_="scroll", tabindex=0, role="region", aria_label=caption
    )


def _linked(subject: str, drawn: set[str]) -> str:
    return element("a", escape(subject), href=f"#{_anchor(subject)}") if subject in drawn else escape(subject)


def _anchor(subject: str) -> str:
    return "p-" + subject.encode().hex()


def _minute(ts: str) -> str:
    return ts[:16].replace("T", " ")
