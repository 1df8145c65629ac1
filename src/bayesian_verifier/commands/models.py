"""`bayesian-verifier models`: what is in the model store, and which version answers."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from bayesian_verifier.artifact import ModelStore

PICKED_UP = "running services pick it up within BV_RELOAD_SECONDS, or at once on SIGHUP"


@click.group(name="models", short_help="List, show, promote and roll back models.")
@click.option("--model-store", help="Directory of the model store [BV_MODEL_STORE].")
@click.option("--name", help="Name of the model [BV_MODEL_NAME].")
@click.pass_context
def command(context: click.Context, model_store: str | None, name: str | None) -> None:
    """Versions of a model in the store.

    Example: bayesian-verifier models list
    """
    from bayesian_verifier.settings import read_settings

    context.obj = read_settings(dict(os.environ), {"model_store": model_store, "model_name": name})


def _opened(context: click.Context) -> tuple[ModelStore, str]:
    """The store that settings name, and the name of the model."""
    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.settings import model_store

    return ModelStore(model_store(context.obj)), context.obj.model_name


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
    model = load_model(store.path(name, version or _current(store, name)))
    click.echo(model.manifest.model_dump_json(indent=1))


@command.command(epilog="Example: bayesian-verifier models promote 2026-11-23T10-00-00Z-1f3c")
@click.argument("version")
@click.pass_context
def promote(context: click.Context, version: str) -> None:
    """Make VERSION the current one."""
    store, name = _opened(context)
    _require_known(store, name, version)
    store.promote(name, version)
    click.echo(f"{name}: {version} is current\n{PICKED_UP}")


@command.command(epilog="Example: bayesian-verifier models rollback")
@click.pass_context
def rollback(context: click.Context) -> None:
    """Make the previous version the current one again."""
    store, name = _opened(context)
    if store.previous(name) is None:
        raise CallerError(f"{name}: no previous version to go back to")
    store.rollback(name)
    click.echo(f"{name}: {_current(store, name)} is current\n{PICKED_UP}")


def _current(store: ModelStore, name: str) -> str:
    version = store.current(name)
    if version is None:
        raise CallerError(f"{name}: no current version in the store")
    return version


def _require_known(store: ModelStore, name: str, version: str) -> None:
    known: list[Any] = store.versions(name)
    if version not in known:
        raise CallerError(f"{name}: no version {version!r} (known: {', '.join(known) or 'none'})")
