"""`bayesian-verifier retrain`: train a challenger when there is reason to, and let it answer when it is better."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.commands._login import login_name

if TYPE_CHECKING:
    from types import FrameType

    from bayesian_verifier.commands._retrain_night import Files

_LATER = {"daytime", "busy", "running"}


@click.group(name="retrain", short_help="Train a challenger when there is reason to; approve, reject.")
@click.option("--journal", default="judgments.jsonl", show_default=True, type=click.Path(dir_okay=False))
@click.option("--ledger", type=click.Path(dir_okay=False), help="Instead of ledger.jsonl beside the journal.")
@click.option("--lease", type=click.Path(dir_okay=False), help="Instead of lease.json beside the journal.")
@click.option("--settings", type=click.Path(), help="Instead of configs/retraining.toml.")
@click.option("--model-store", help="Directory of the model store [BV_MODEL_STORE].")
@click.option("--name", help="Name of the model [BV_MODEL_NAME].")
@click.pass_context
def command(
    context: click.Context,
    journal: str,
    ledger: str | None,
    lease: str | None,
    settings: str | None,
    model_store: str | None,
    name: str | None,
) -> None:
    """From drift to a better model, with people in the loop: docs/retraining.md.

    Example: bayesian-verifier retrain check
    """
    from bayesian_verifier.commands._retrain_night import files_of

    context.obj = files_of(journal, ledger, lease, settings, model_store, name)


@command.command(
    epilog="Example: bayesian-verifier retrain check --json\n\n"
    "Exits with 0 where `run` would act now, 1 where there is nothing to do, 4 where there is, but not now."
)
@click.option("--force", is_flag=True, help="As if `run --force` was asked for.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def check(files: Files, force: bool, as_json: bool) -> None:
    """What would be done now, and why; nothing is changed."""
    from bayesian_verifier.commands._retrain_check import check_document, print_check

    found = check_document(files, forced=force)
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        print_check(found)
    sys.exit({"now": 0, "nothing": 1, "later": 4}[str(found["when"])])


@command.command(
    epilog="Example: bayesian-verifier retrain --journal judgments.jsonl run\n\n"
    "Exits with 0 where all is done that was to be done, 3 where a training or a comparison failed, 4 where something "
    "is to be done, but not now: the slot is closed, or somebody else has the machine or wanted it more urgently."
)
@click.option("--force", is_flag=True, help="Train even if neither drift nor age asks for it.")
@click.option("--any-time", is_flag=True, help="Outside the slot too, and on a busy machine.")
@click.option("--by", help="Who started it, for the ledger; your login name by default.")
@click.option("--work", default="runs/retrain", show_default=True, type=click.Path(), help="Checkpoints.")
@click.option("--small", is_flag=True, help="A training on a small budget, for tests and demonstrations.")
@click.option("--train-with", help="A program of yours that trains: docs/retraining.md.")
@click.option("--judge-with", help="A program of yours that compares.")
@click.option("--json", "as_json", is_flag=True, help="For programs: the outcome as a line.")
@click.pass_obj
def run(
    files: Files,
    force: bool,
    any_time: bool,
    by: str | None,
    work: str,
    small: bool,
    train_with: str | None,
    judge_with: str | None,
    as_json: bool,
) -> None:
    """Finish what was left, then train, compare and promote what is due, if the hour and the machine allow it."""
    from bayesian_verifier.commands._retrain_hands import Places, Programs
    from bayesian_verifier.commands._retrain_night import night_of, store_of
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining import run as run_night

    signal.signal(signal.SIGTERM, _leave)
    store = store_of(files)
    places = Places(files.journal, store.store.root, store.name, Path(work))
    hands = Programs(places, train_with=train_with, judge_with=judge_with, small=small, gate=files.settings)
    with Journal(files.ledger, fsync="always") as ledger:
        night = night_of(
            files,
            ledger,
            hands,
            by=by or login_name(),
            forced=force,
            any_time=any_time,
            tell=lambda said: click.echo(said, err=True),
        )
        outcome = run_night(night)
    if as_json:
        click.echo(json.dumps(outcome._asdict()))
    else:
        click.echo(f"{outcome.code}: {outcome.said}")
    sys.exit(4 if outcome.code in _LATER else 0)


@command.command(epilog="Example: bayesian-verifier retrain pending --json")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def pending(files: Files, as_json: bool) -> None:
    """Who waits for an answer, and what they wait for; what has expired is closed first."""
    from bayesian_verifier.commands._retrain_night import store_of
    from bayesian_verifier.commands._retrain_shown import print_pending, request_document
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining import read_operations, settle

    with Journal(files.ledger, fsync="always") as ledger:
        if files.ledger.exists():
            settle(ledger, store_of(files), promotion=None)
        done = read_operations(ledger)
    found = [request_document(done, one) for one in done.asked if one.state == "open"]
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        print_pending(found)


@command.command(
    epilog="Example: bayesian-verifier retrain approve 5f0c --why 'looked at the evidence'\n\n"
    "Exits with 2 where the request is not there, was decided before, or has expired."
)
@click.argument("request")
@click.option("--by", help="Who says so; your login name by default.")
@click.option("--why", help="For whoever reads the ledger.")
@click.pass_obj
def approve(files: Files, request: str, by: str | None, why: str | None) -> None:
    """Say yes to REQUEST (its id, or the beginning of it): the challenger is promoted."""
    from bayesian_verifier.commands._retrain_night import store_of
    from bayesian_verifier.commands.models import PICKED_UP
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining import approve as say_yes

    with Journal(files.ledger, fsync="always") as ledger:
        version = say_yes(ledger, store_of(files), request, by or login_name(), why)
    said = "the next run trains a challenger" if version is None else f"{version} is current\n{PICKED_UP}"
    click.echo(said)


@command.command(
    epilog="Example: bayesian-verifier retrain reject 5f0c --why 'not during the trial'\n\n"
    "Exits with 2 where the request is not there, was decided before, or has expired."
)
@click.argument("request")
@click.option("--by", help="Who says so; your login name by default.")
@click.option("--why", help="For whoever reads the ledger.")
@click.pass_obj
def reject(files: Files, request: str, by: str | None, why: str | None) -> None:
    """Say no to REQUEST (its id, or the beginning of it): the champion stays."""
    from bayesian_verifier.commands._retrain_night import store_of
    from bayesian_verifier.journal import Journal
    from bayesian_verifier.retraining import reject as say_no

    with Journal(files.ledger, fsync="always") as ledger:
        version = say_no(ledger, store_of(files), request, by or login_name(), why)
    click.echo("none will be trained" if version is None else f"{version} will not be promoted")


@command.command(epilog="Example: bayesian-verifier retrain history --last 10")
@click.option("--last", type=click.IntRange(min=1), default=30, show_default=True, help="So many lines.")
@click.option("--json", "as_json", is_flag=True, help="For programs: all of them.")
@click.pass_obj
def history(files: Files, last: int, as_json: bool) -> None:
    """What was done: trainings, verdicts, questions and answers, promotions."""
    from bayesian_verifier.commands._retrain_shown import history_rows, print_history
    from bayesian_verifier.journal import News

    news = News(files.ledger)
    rows: list[dict[str, Any]] = history_rows(news.read().events)
    news.close()
    if as_json:
        click.echo(json.dumps(rows, indent=1))
    else:
        print_history(rows[-last:])


def _leave(number: int, _: FrameType | None) -> None:
    """On SIGTERM: give the machine back and say so in the ledger, on the way out."""
    raise SystemExit(128 + number)
