"""`bayesian-verifier dashboard`: the live page by itself."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bayesian_verifier.settings import Settings


@click.command(
    name="dashboard",
    epilog="Example: bayesian-verifier dashboard --journal judgments.jsonl --token-file token",
    short_help="Watch people, the population and operations on a live page.",
)
@click.option("--journal", help="The journal to show [BV_JOURNAL].")
@click.option("--ledger", help="Its ledger; by default ledger.jsonl beside it [BV_LEDGER].")
@click.option("--models", help="Directory of the model store [BV_MODEL_STORE].")
@click.option("--policies", help="Directory of policies, beside the shipped one [BV_POLICIES].")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default="8081", show_default=True, help="On which port; 0 takes any free one.")
@click.option("--uds", default="", help="Unix socket to listen on instead.")
@click.option("--token-file", help="File with the bearer token; no decisions without one [BV_TOKEN_FILE].")
def command(
    journal: str | None,
    ledger: str | None,
    models: str | None,
    policies: str | None,
    host: str,
    port: str,
    uds: str,
    token_file: str | None,
) -> None:
    """Show a journal, its ledger and a model store on a live page, until a signal ends it.

    It only reads, but for decisions, which are appended to the ledger. It needs no service, and disturbs none.
    """
    from bayesian_verifier.settings import read_settings

    chosen = {
        "journal": journal,
        "ledger": ledger,
        "model_store": models,
        "policies": policies,
        "host": host,
        "port": port,
        "uds": uds,
        "token_file": token_file,
    }
    settings = read_settings(dict(os.environ), chosen)

    from bayesian_verifier.commands._page_server import serve_page

    listener = _listener(settings)
    try:
        if not Path(settings.journal).exists():
            click.echo(f"there is no journal {settings.journal} yet; it is shown once there is one", err=True)
        click.echo(f"the dashboard is at {_place(settings, listener)}")
        serve_page(settings, listener)
    finally:
        listener.close()
        if settings.uds is not None:
            settings.uds.unlink(missing_ok=True)


def _listener(settings: Settings) -> socket.socket:
    """A listening socket. Raises SettingsError where it cannot be had."""
    from bayesian_verifier.errors import SettingsError

    try:
        if settings.uds is not None:
            return _unix_listener(settings.uds)
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except OSError as exc:
        place = settings.uds or f"{settings.host}:{settings.port}"
        raise SettingsError(f"cannot listen on {place}: {exc.strerror or exc}") from exc


def _unix_listener(path: Path) -> socket.socket:
    """Only this user can connect; a socket that an earlier process has left gives way."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    return listener


def _place(settings: Settings, listener: socket.socket) -> str:
    if settings.uds is not None:
        return f"{settings.uds} (path /dashboard/)"
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/dashboard/" if ":" in host else f"http://{host}:{port}/dashboard/"
