"""What do the parts of the drift page have in common? Headings, tables, times."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bayesian_verifier.commands._svg import element

if TYPE_CHECKING:
    from collections.abc import Iterable


def slug(name: str) -> str:
    """A name as part of a link."""
    return name.lower().replace(" ", "-")


def heading(name: str) -> str:
    """A part's heading, to be linked to."""
    return element("h2", name, id=slug(name))


def table(
    names: Iterable[str], rows: Iterable[Iterable[str]], caption: str, *, numbers: Iterable[str] = ()
) -> str:
    """A table of cells. caption: what it is, for those who do not see it.   numbers: names of columns of figures."""
    right = set(numbers)
    cells = (
        element("th", escape(name), scope="col", **({"class_": "number"} if name in right else {}))
        for name in names
    )
    head = element("thead", element("tr", "".join(cells)))
    body = element("tbody", "".join(element("tr", "".join(row)) for row in rows))
    return scrolling(element("table", head + body), caption)


def scrolling(content: str, caption: str) -> str:
    """What may be wider than a phone: it scrolls by itself, also with keys. caption: as of a table."""
    return element("div", content, class_="scroll", tabindex=0, role="region", aria_label=caption)


def anchor(subject: str) -> str:
    """Where on the page somebody is; letters and digits alone, whatever they are called."""
    return "p-" + subject.encode().hex()


def minute(ts: str) -> str:
    """A timestamp to the minute, for people."""
    return ts[:16].replace("T", " ")


def plain_name(measure: str) -> str:
    """A measure, for people."""
    return measure.replace("_", " ")
