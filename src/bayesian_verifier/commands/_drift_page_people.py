"""What does the drift page show of people? Their windows over time, the evidence for a change, their epochs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bayesian_verifier.commands._drift_charts import means_chart, statistic_chart
from bayesian_verifier.commands._drift_page_parts import anchor, heading, minute, table
from bayesian_verifier.commands._svg import element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.drift import DriftSummary, OfSubject, OfWindow


def people(shown: Sequence[OfSubject], found: DriftSummary) -> str:
    """A card for each of those shown."""
    head = heading("People")
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
    return element("section", card, class_="card", id=anchor(one.subject), aria_label=f"Person {number + 1}")


def _figures(one: OfSubject) -> str:
    """All that the charts show, for those who would rather read."""
    rows = [
        (
            element("td", f"{window.number}", class_="number"),
            element("td", minute(window.ended), class_="nowrap"),
            element("td", f"{window.belief.mean:.2f} ± {window.belief.sd:.2f}", class_="number"),
            *_change(window),
            element("td", f"{window.statistic:,.3g}", class_="number"),
            element("td", "" if window.log_loss is None else f"{window.log_loss:.2f}", class_="number"),
            element("td", "changed" if window.alarm else ""),
        )
        for window in one.series
    ]
    names = ("window", "ended", "risk aversion", "KL", "rate", "R", "log-loss", "alarm")
    numbers = {"window", "risk aversion", "KL", "rate", "R", "log-loss"}
    epochs = "".join(
        element("p", f"Epoch from {minute(epoch.since)}: {epoch.state}, {escape(epoch.why)}.", class_="soft")
        for epoch in one.epochs
    )
    told = table(names, rows, f"Windows of {one.subject}", numbers=numbers)
    how = (
        "KL: from the window before, in nats; rate: √(2·JS) a day; log-loss: as the window before foresaw it."
    )
    told += element("p", how, class_="soft")
    return epochs + element("details", element("summary", "in figures") + told)


def _change(window: OfWindow) -> tuple[str, str]:
    """KL and rate of change from the window before."""
    change = window.change
    kl, rate = ("", "") if change is None else (f"{change.divergences.forward:.2f}", f"{change.rate:.2g}")
    return element("td", kl, class_="number"), element("td", rate, class_="number")
