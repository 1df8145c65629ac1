"""`bayesian-verifier policy`: which policy is it, and are people better off with it?"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from bayesian_verifier.policy import Day, Found, Measure, Policy

_PIPED_WIDTH = 120


@click.group(name="policy", short_help="Trained policies at work: docs/rl.md.")
def command() -> None:
    """Policies that choose in the Judgment Layer.

    Example: bayesian-verifier policy ab judgments.jsonl
    """


@command.command(epilog="Example: bayesian-verifier policy show policies/hybrid-0.npz")
@click.argument("file", type=click.Path(dir_okay=False), required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(file: str | None, as_json: bool) -> None:
    """Check a policy's FILE and say what it is; the shipped one's by default."""
    from bayesian_verifier.policy import Policy

    policy = Policy.read(file) if file else Policy.shipped()
    if as_json:
        click.echo(json.dumps({"version": policy.version, **policy.about.model_dump(mode="json")}))
        return
    for name, value in _facts(policy).items():
        click.echo(f"{name:12} {value}")


def _facts(policy: Policy) -> dict[str, object]:
    about = policy.about
    weights = sum(w.size + b.size for layers in policy.parts.values() for w, b in layers)
    return {
        "version": policy.version,
        "arm": about.arm,
        "environment": about.environment,
        "reads": " and ".join(about.known) or "nothing of the person",
        "weights": f"{weights:,}",
        **{str(name): value for name, value in about.provenance.items()},
    }


@command.command(
    epilog="Example: bayesian-verifier policy ab judgments.jsonl --experiment policy-1\n\n"
    "Look as often as you like; but decide on --days, --measure and --alpha before the first look."
)
@click.argument("journal", type=click.Path(exists=True, dir_okay=False), default="judgments.jsonl")
@click.option("--experiment", "name", help="Which, where the journal holds several.")
@click.option(
    "--days",
    type=click.FloatRange(min=0.0, min_open=True),
    default=7.0,
    show_default=True,
    help="What people say in their first days counts.",
)
@click.option(
    "--measure",
    type=click.Choice(["approval", "reward"]),
    default="approval",
    show_default=True,
    help="The share a person approves of, or their mean reward.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0.0, max=0.5, min_open=True),
    default=0.05,
    show_default=True,
    help="Chance of ever deciding though there is nothing.",
)
@click.option("--now", type=click.DateTime(), help="UTC; by default the time of the newest line.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def ab(
    journal: str,
    name: str | None,
    days: float,
    measure: str,
    alpha: float,
    now: datetime | None,
    as_json: bool,
) -> None:
    """Compare the policy with expected value: who got which, what they said of it, and what is evident of that.

    A person counts once, by their first days, in the order in which people came. What is found sets no exit code.
    """
    from bayesian_verifier.errors import CallerError
    from bayesian_verifier.journal import Damaged, Journal
    from bayesian_verifier.policy import Exposures

    exposures = Exposures()
    exposures.hear(entry.event for entry in Journal(journal).read() if not isinstance(entry, Damaged))
    names = exposures.names
    if name is None and len(names) != 1:
        told = (
            f"several experiments: {', '.join(names)}; choose by --experiment" if names else "no experiment"
        )
        raise CallerError(f"{journal} holds {told}")
    at = None if now is None else now.replace(tzinfo=UTC).timestamp()
    chosen: Measure = "reward" if measure == "reward" else "approval"
    found = exposures.found(name or names[0], days=days, measure=chosen, alpha=alpha, now=at)
    if as_json:
        click.echo(json.dumps(_document(found, alpha), ensure_ascii=False))
    else:
        _print(found, measure, days, alpha)


def _document(found: Found, alpha: float) -> dict[str, Any]:
    return {
        "experiment": found.name,
        "share": found.share,
        "arms": {arm: told._asdict() for arm, told in found.arms.items()},
        "path": [{"at": day.at, **day.verdict._asdict()} for day in found.path],
        "decided": found.path[-1].verdict.decided(alpha),
    }


def _print(found: Found, measure: str, days: float, alpha: float) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
    console.print(
        f"{found.name}: {found.share:.0%} of people have the policy, the others expected value", markup=False
    )
    console.print(_arms(found))
    console.print(_path(found.path, measure))
    console.print(_sentence(found.path[-1], measure, days, alpha), markup=False)


def _arms(found: Found) -> Table:
    from rich.table import Table

    table = Table()
    for heading in (
        "arm",
        "people",
        "judgments",
        "answered",
        "approved",
        "reward",
        "would ask",
        "by the controller",
    ):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for arm, told in found.arms.items():
        table.add_row(
            arm,
            str(told.people),
            str(told.judgments),
            str(told.answered),
            "–" if told.approved is None else f"{told.approved:.1%}",
            "–" if told.reward is None else f"{told.reward:.3f}",
            str(told.asks),
            str(told.by_controller),
        )
    return table


def _path(path: list[Day], measure: str, most: int = 15) -> Table:
    from rich.table import Table

    table = Table(
        title=f"Policy less rule, {measure}" + (f"; the last {most} looks" if len(path) > most else "")
    )
    for heading in ("until", "people", "effect", "interval for all times", "e: better", "e: worse"):
        table.add_column(heading, justify="left" if heading == "until" else "right")
    scale = _scale(measure)
    for day in path[-most:]:
        seen = day.verdict
        table.add_row(
            f"{datetime.fromtimestamp(day.at, UTC):%Y-%m-%d %H:%M}",
            str(seen.people),
            "–" if seen.effect is None else f"{scale * seen.effect:+.3f}",
            f"{scale * seen.low:+.3f} to {scale * seen.high:+.3f}",
            f"{seen.better:.3g}",
            f"{seen.worse:.3g}",
        )
    return table


def _scale(measure: str) -> float:
    """An outcome of 0 to 1 in the measure's own unit: a reward goes from -3 to 3."""
    return 6.0 if measure == "reward" else 1.0


def _sentence(last: Day, measure: str, days: float, alpha: float) -> str:
    seen = last.verdict
    decided = seen.decided(alpha)
    if not seen.people:
        return f"Nobody's first {days:g} days are over: nothing can be said yet."
    if decided is None:
        return f"Not decided: neither e-value has reached {2 / alpha:g}. Go on, and look again whenever you like."
    return (
        f"Decided: by {measure} people are {decided} off with the policy. Were they not, this would ever be said with "
        f"a chance of {alpha:g} at most."
    )
