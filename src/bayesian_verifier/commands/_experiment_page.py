"""What does `experiment report --html` show? The report with its charts, one file that needs nothing from anywhere."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from bayesian_verifier.commands._experiment_charts import curves_chart, rewards_chart

if TYPE_CHECKING:
    from bayesian_verifier.rl import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: before which part of the report the charts stand
_BEFORE = "<h2>Arms</h2>"


def page(found: Report) -> str:
    """The page as HTML."""
    style = files("bayesian_verifier.commands").joinpath("drift_page.css").read_text()
    told = MarkdownIt("commonmark", {"html": False}).enable("table").render(found.page)
    charts = rewards_chart(found.results)
    if any(found.results.of_arm("curves", name) for name in found.results.experiment.arms):
        charts += curves_chart(found.results)
    body = told.replace(_BEFORE, charts + _BEFORE, 1)
    name = escape(found.results.experiment.name)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Experiment {name}</title><style>{style}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )
