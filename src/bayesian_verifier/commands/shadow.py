"""`bayesian-verifier shadow`: should another model take the place of the one that answers?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from bayesian_verifier.commands._configs import config_file


@click.group(name="shadow", short_help="Should another model take the place of the one that answers?")
def command() -> None:
    """A candidate that was asked beside the served model, and what the journal holds of both.

    Example: bayesian-verifier shadow report judgments.jsonl
    """


@command.command(
    epilog="Example: bayesian-verifier shadow report judgments.jsonl --html shadow.html\n\n"
    "Of the two versions that answered last. The page needs nothing else; it names people as the journal does."
)
@click.argument("journal", type=click.Path(exists=True, dir_okay=False))
@click.option("--settings", "settings_file", type=click.Path(), help="Instead of configs/shadow.toml.")
@click.option("--last", type=click.IntRange(min=1), default=10, show_default=True, help="So many people.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page here.")
@click.option("--json", "as_json", is_flag=True, help="For programs: everybody.")
def report(journal: str, settings_file: str | None, last: int, html: Path | None, as_json: bool) -> None:
    """How far are the two apart, who foresees people better, and what is to be done?"""
    from bayesian_verifier.commands._shadow_report import print_report, report_document
    from bayesian_verifier.drift import chance_of_approval
    from bayesian_verifier.journal import News
    from bayesian_verifier.retraining import ShadowSettings, shadow_report
    from bayesian_verifier.settings_file import read_table

    settings = read_table(ShadowSettings, config_file(settings_file, "shadow.toml"))
    found = shadow_report(News(Path(journal)).read().events, settings, chance_of_approval)
    if html is not None:
        from bayesian_verifier.commands._shadow_page import page

        html.write_text(page(found, last, journal=Path(journal).name), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(report_document(found), indent=1, allow_nan=False))
    else:
        print_report(found, last)
