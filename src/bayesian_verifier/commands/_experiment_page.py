"""What does `experiment report --html` show? The report with its charts, one file that needs nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bayesian_verifier.commands._drift_page_parts import scrolling
from bayesian_verifier.commands._experiment_charts import curves_chart, rewards_chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bayesian_verifier.rl import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: before which part of the report the charts stand
_BEFORE = "<h2>Arms</h2>"


def page(found: Report) -> str:
    """The page as HTML."""
    style = files("bayesian_verifier.commands").joinpath("drift_page.css").read_text()
    told = _rendered(found.page)
    charts = scrolling(rewards_chart(found.results), "What the arms and rules earn")
    if any(found.results.of_arm("curves", name) for name in found.results.experiment.arms):
        charts += scrolling(curves_chart(found.results), "How the arms learned")
    body = told.replace(_BEFORE, charts + _BEFORE, 1)
    name = escape(found.results.experiment.name)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Experiment {name}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _rendered(page: str) -> str:
    """Markdown as HTML."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    html: str = markdown.renderer.render(list(_tables_scroll(markdown.parse(page))), markdown.options, {})
    return html


def _tables_scroll(tokens: Sequence[Token]) -> Iterator[Token]:
    """The same with each table in what scrolls by itself, named for the heading above."""
    heading = ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[place + 1].content
        if token.type == "table_open":
            yield Token("html_block", "", 0, content=scrolling("", heading).removesuffix("</div>"))
        yield token
        if token.type == "table_close":
            yield Token("html_block", "", 0, content="</div>")
