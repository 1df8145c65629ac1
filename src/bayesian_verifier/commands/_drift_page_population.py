"""What does the drift page show of the population? Its measures, the limits crossed, and who is at odds with whom."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bayesian_verifier.commands._drift_charts import trend_chart
from bayesian_verifier.commands._drift_page_parts import heading, minute, plain_name, table
from bayesian_verifier.commands._svg import element
from bayesian_verifier.drift import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.drift import Contradiction, Crossing, DriftSummary, Standing

_MOST_CONFLICTS = 20


def population(found: DriftSummary) -> str:
    """Every measure that a window says something of, over time and against its limit."""
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
    lead = (
        "Dashed: the limit; dotted: where a measure is back. A line is not read as a decision: a measure is raised "
        "when it is surely above its limit, and stays so until it is surely back."
    )
    return (
        heading("The population")
        + element("p", lead, class_="soft")
        + element("div", "".join(cards), class_="measures")
        + (element("p", f"No window says anything of {unheard}.", class_="soft") if unheard else "")
    )


def crossings(found: Sequence[Crossing]) -> str:
    """Limits that were crossed, the newest first."""
    head = heading("Limits crossed")
    if not found:
        return head + element("p", "No limit was ever crossed.")
    rows = [
        (
            element("td", minute(one.until), class_="nowrap"),
            element("td", escape(plain_name(one.measure))),
            element("td", "above its limit" if one.raised else "back"),
            element("td", f"{one.value:.3g}", class_="number"),
            element("td", f"{one.limit:g}", class_="number"),
            element("td", f"{one.windows}", class_="number"),
            element("td", f"{one.people}", class_="number"),
        )
        for one in reversed(found)
    ]
    names = ("when", "measure", "now", "value", "limit", "windows", "people")
    return head + table(names, rows, "Limits crossed", numbers={"value", "limit", "windows", "people"})


def conflicts(found: Sequence[Contradiction]) -> str:
    """The newest of them, and how many there are."""
    head = heading("Conflicts")
    if not found:
        return head + element("p", "No two sources contradict each other about anybody.")
    rows = [
        (
            element("td", minute(one.at), class_="nowrap"),
            element("td", escape(one.subject), class_="long"),
            element("td", escape(plain_name(one.measure.removeprefix("conflict_")))),
            element("td", f"{one.z:+.1f}", class_="number"),
        )
        for one in reversed(found[-_MOST_CONFLICTS:])
    ]
    lead = (
        f"{len(found)} windows in which the service was contradicted by somebody's answers, by the controller or by "
        "the RL policy: by more than 1.96 sd of what they may differ by. Of those that agree, one in twenty is."
    )
    told = table(("when", "person", "contradicted by", "sd"), rows, "The newest conflicts", numbers={"sd"})
    return head + element("p", lead, class_="soft") + told


def _caption(one: Standing) -> str:
    return element("figcaption", escape(MEASURES[one.measure].says))


def _named(one: Standing) -> str:
    return escape(plain_name(one.measure))


def _badge(one: Standing) -> str:
    value = f"{one.value:.3g}"
    if one.raised:
        return element("span", f"{value}, raised (limit {one.above:g})", class_="badge warn")
    return element("span", value, class_="badge fine")
