"""`bayesian-verifier models`: what is in the model store, and which version answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from bayesian_verifier.commands._login import login_name
from bayesian_verifier.errors import CallerError, JournalError

if TYPE_CHECKING:
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.settings import Settings

BY = "Who does it, for the ledger; your login name by default."

PICKED_UP = "running services pick it up within BV_RELOAD_SECONDS, or at once on SIGHUP"


@click.group(name="models", short_help="List, show, adopt, promote and roll back models.")
@click.option("--model-store", help="Directory of the model store [BV_MODEL_STORE].")
@click.option("--name", help="Name of the model [BV_MODEL_NAME].")
@click.option(
    "--ledger",
    default="ledger.jsonl",
    show_default=True,
    type=click.Path(dir_okay=False),
    help="Where promotions and rollbacks are written.",
)
@click.pass_context
def command(context: click.Context, model_store: str | None, name: str | None, ledger: str) -> None:
    """Versions of a model in the store.

    Example: bayesian-verifier models list
    """
    from bayesian_verifier.settings import read_settings

    settings = read_settings(dict(os.environ), {"model_store": model_store, "model_name": name})
    context.obj = _Asked(settings, Path(ledger))


class _Asked(NamedTuple):
    settings: Settings
    ledger: Path


def _opened(context: click.Context) -> tuple[ModelStore, str]:
    """The store that settings name, and the name of the model."""
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.settings import model_store

    settings = context.obj.settings
    return ModelStore(model_store(settings)), settings.model_name


@command.command("list", epilog="Example: bayesian-verifier models list --json")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def list_versions(context: click.Context, as_json: bool) -> None:
    """Every version, and which is current."""
    store, name = _opened(context)
    current, previous = store.current(name), store.previous(name)
    roles = {previous: "previous", current: "current"}
    rows = [{"name": name, "version": v, "role": roles.get(v)} for v in store.versions(name)]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "version", "role")
    for row in rows:
        table.add_row(row["name"], row["version"], row["role"] or "")
    Console().print(table)


@command.command(epilog="Example: bayesian-verifier models show")
@click.argument("version", required=False)
@click.pass_context
def show(context: click.Context, version: str | None) -> None:
    """The manifest of VERSION (the current one if not given), once its files are verified."""
    from bayesian_verifier.artifact import load_model

    store, name = _opened(context)
    if version is not None:
        _require_known(store, name, version)
    model = load_model(store.path(name, version or _current(store, name)))
    click.echo(model.manifest.model_dump_json(indent=1))


@command.command(epilog="Example: bayesian-verifier models promote 2026-11-23T10-00-00Z-1f3c")
@click.argument("version")
@click.option("--by", help=BY)
@click.pass_context
def promote(context: click.Context, version: str, by: str | None) -> None:
    """Make VERSION the current one."""
    store, name = _opened(context)
    _require_known(store, name, version)
    before = store.current(name)
    store.promote(name, version)
    click.echo(f"{name}: {version} is current\n{PICKED_UP}")
    if before != version:
        _noted(
            context,
            "promotion",
            {"run": None, "challenger": version, "champion": before, "by": by or login_name()},
        )


@command.command(epilog="Example: bayesian-verifier models rollback")
@click.option("--by", help=BY)
@click.pass_context
def rollback(context: click.Context, by: str | None) -> None:
    """Make the previous version the current one again."""
    store, name = _opened(context)
    if store.previous(name) is None:
        known = ", ".join(store.versions(name)) or "none"
        raise CallerError(
            f"{name}: no previous version to go back to (known: {known}); promote another, or leave "
            "BV_MODEL_STORE empty to serve the shipped model"
        )
    before = _current(store, name)
    now = store.rollback(name)
    click.echo(f"{name}: {now} is current\n{PICKED_UP}")
    _noted(context, "rollback", {"from": before, "to": now, "by": by or login_name()})


@command.command(
    epilog="Example: bayesian-verifier models at 2026-11-25T03:00\n\nExits with 1 where nobody can say."
)
@click.argument("moment", metavar="TIME")
@click.option("--journal", default="judgments.jsonl", show_default=True, type=click.Path(dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def at(context: click.Context, moment: str, journal: str, as_json: bool) -> None:
    """Which version answered at TIME (ISO 8601; local unless it says otherwise)?

    The ledger says which was current; the journal, who gave the newest answer by then.
    """
    from bayesian_verifier.commands._models_at import answer_at, print_answer

    store, name = _opened(context)
    found = answer_at(moment, context.obj.ledger, Path(journal), store.current(name))
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        print_answer(found)
    sys.exit(1 if found["current"] is None and found["answered"] is None else 0)


@command.command(
    epilog="Example: bayesian-verifier models adopt executor 2026-11-23T10-00-00Z-1f3c\n\n"
    "Nothing is served otherwise than before: see promote."
)
@click.argument("other", metavar="NAME")
@click.argument("version")
@click.option(
    "--from", "source", type=click.Path(exists=True, file_okay=False), help="Store it is in, if another."
)
@click.pass_context
def adopt(context: click.Context, other: str, version: str, source: str | None) -> None:
    """Publish VERSION of the model NAME as a version of this model, once its files are verified."""
    from bayesian_verifier.artifact import ModelStore, adopted

    store, name = _opened(context)
    origin = store if source is None else ModelStore(Path(source))
    _require_known(origin, other, version)
    adopted(origin.path(other, version), store, name)
    click.echo(f"{name}: {version} is here, and not current; `models promote {version}` makes it that")


def _noted(context: click.Context, kind: str, fields: dict[str, object]) -> None:
    """Write what was done into the ledger; where that cannot be, it is done all the same."""
    from bayesian_verifier.journal import Journal

    with Journal(context.obj.ledger, fsync="always") as ledger:
        try:
            ledger.append(kind, fields)
        except JournalError as exc:
            raise JournalError(f"this was done, but the ledger does not say so: {exc}") from exc


def _current(store: ModelStore, name: str) -> str:
    version = store.current(name)
    if version is None:
        raise CallerError(store.unserved(name))
    return version


def _require_known(store: ModelStore, name: str, version: str) -> None:
    known: list[Any] = store.versions(name)
    if version not in known:
        raise CallerError(f"{name}: no version {version!r} (known: {', '.join(known) or 'none'})")
