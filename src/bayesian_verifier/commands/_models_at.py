"""What does `models at` find, and what does it print?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import News, timestamp
from bayesian_verifier.retraining import answered_at, current_at, operations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bayesian_verifier.journal import Line


def answer_at(moment: str, ledger: Path, journal: Path, now: str | None) -> dict[str, Any]:
    """What was current and who answered. now: what is current now. Raises CallerError for what is no time."""
    try:
        asked = timestamp(int(datetime.fromisoformat(moment).astimezone().timestamp() * 1e6) * 1000)
    except (ValueError, OverflowError) as exc:
        raise CallerError(f"{moment!r}: expected a time such as 2026-11-25T03:00 or …Z") from exc
    current = current_at(operations(_events(ledger)).changes, asked, now=now)
    answered = answered_at(_events(journal), asked)
    return {
        "at": asked,
        "current": None if current is None else current._asdict(),
        "answered": None if answered is None else answered._asdict(),
    }


def print_answer(found: dict[str, Any]) -> None:
    """For people."""
    current, answered = found["current"], found["answered"]
    if current is None:
        click.echo(f"at {found['at']}: the ledger does not say which version was current")
    elif current["since"] is None:
        click.echo(
            f"at {found['at']}: {current['version']} was current, and was before the ledger's first change"
        )
    else:
        click.echo(
            f"at {found['at']}: {current['version']} was current, since {current['since']} by {current['by']}"
        )
    if answered is not None:
        click.echo(f"the newest answer by a model is of {answered['at']}, by {answered['version']}")


def _events(log: Path) -> Sequence[Line]:
    news = News(log)
    try:
        return news.read().events
    finally:
        news.close()
