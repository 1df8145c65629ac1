"""What does `shadow report --html` show? One file that needs nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from bayesian_verifier.commands._drift_page_parts import heading, table
from bayesian_verifier.commands._shadow_report import (
    LEGEND,
    NOBODY,
    PARAMETERS,
    PEOPLE,
    SIDES,
    parameter_rows,
    person_rows,
    sentences,
    side_rows,
)
from bayesian_verifier.commands._svg import element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.retraining import ShadowReport

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(found: ShadowReport | None, most: int, *, journal: str) -> str:
    """The page as HTML. most: people in the table.   journal: its name, for people."""
    style = files("bayesian_verifier.commands").joinpath("drift_page.css").read_text()
    said = element("p", escape(NOBODY)) if found is None else _said(found, most)
    body = element("h1", "Should another model answer?") + said
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Shadow: {escape(journal)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _said(found: ShadowReport, most: int) -> str:
    reasons = "".join(element("li", escape(one)) for one in found.judged.reasons)
    return "".join(
        (
            element("p", element("b", found.judged.verdict)),
            element("ul", reasons),
            *(element("p", escape(one), class_="soft") for one in sentences(found)),
            heading("The two"),
            _table(SIDES, side_rows(found), "How each side fared", words={0, 1, 6}),
            heading("By parameter"),
            _table(PARAMETERS, parameter_rows(found.parameters), "How far they are apart", words={0}),
            heading("By person"),
            _table(PEOPLE, person_rows(found, most), "Those furthest apart first", words={0}),
            element("p", escape(LEGEND), class_="soft"),
        )
    )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]], caption: str, *, words: set[int]) -> str:
    cells = [
        [
            element("td", escape(cell), class_="long" if number in words else "number")
            for number, cell in enumerate(row)
        ]
        for row in rows
    ]
    numbers = {name for number, name in enumerate(names) if number not in words}
    return table(names, cells, caption, numbers=numbers)
