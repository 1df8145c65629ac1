"""What does `drift watch` put together, and what does it print?"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.drift import Told, Watcher


@contextmanager
def watcher_of(journal: Path, ledger: Path, url: str, settings_file: str | None) -> Iterator[Watcher]:
    """A watcher of one journal, which knows what its ledger says already."""
    from bayesian_verifier.commands._configs import config_file
    from bayesian_verifier.commands._inferring import inference_by
    from bayesian_verifier.drift import DriftSettings, Watcher, recalled
    from bayesian_verifier.journal import Journal, News
    from bayesian_verifier.settings import read_settings, read_token
    from bayesian_verifier.settings_file import read_table

    asked = read_settings(dict(os.environ))
    token = read_token(asked)
    settings = read_table(DriftSettings, config_file(settings_file, "drift.toml"))
    told = recalled(News(ledger).read().events)
    news = News(journal)
    with Journal(journal) as events, Journal(ledger, fsync="always") as operations:
        yield Watcher(news.read, events, operations, inference_by(url, token), settings, **told._asdict())
    news.close()


def print_told(told: Told, *, as_json: bool) -> None:
    """One window, in a line; under it the limits of the population crossed at it."""
    heard, window = told.heard, told.heard.window
    if as_json:
        click.echo(json.dumps(_document(told)))
        return
    said = (
        f"{window.subject}, window {window.number}: {window.posterior.mean:.2f} ± {window.posterior.sd:.2f}"
    )
    if heard.alarm:
        what = "" if heard.parameter == "risk_aversion" else f" in {heard.parameter}"
        said += (
            f"  CHANGED{what} by {heard.moved:+.2f} since {heard.change_began} (R = {heard.statistic:.0f})"
        )
        if told.epoch is not None:
            said += f", epoch {told.epoch}"
        elif told.asked:
            said += ", no epoch yet: see `bayesian-verifier drift epochs`"
    click.echo(said)
    for one in told.crossings:
        where = "above its limit" if one.raised else "back"
        click.echo(f"the population's {one.measure} is {where}: {one.value:.3g} ({one.limit:g})")


def _document(told: Told) -> dict[str, object]:
    heard, window = told.heard, told.heard.window
    return {
        "window": window.id,
        "subject": window.subject,
        "number": window.number,
        "mean": window.posterior.mean,
        "sd": window.posterior.sd,
        "statistic": heard.statistic,
        "alarm": heard.alarm,
        "change_began": heard.change_began if heard.alarm else None,
        "moved": heard.moved if heard.alarm else None,
        "parameter": heard.parameter if heard.alarm else None,
        "epoch": told.epoch,
        "asked": told.asked,
        "population": [one._asdict() for one in told.crossings],
    }
