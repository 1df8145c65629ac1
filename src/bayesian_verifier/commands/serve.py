"""`bayesian-verifier serve`: the HTTP service."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from bayesian_verifier.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI

    from bayesian_verifier.settings import Settings


@click.command(
    name="serve",
    epilog="Example: bayesian-verifier serve --port 9000",
    short_help="Serve posteriors over HTTP.",
)
@click.option("--host", help="Where to listen [BV_HOST].")
@click.option("--port", help="On which port; 0 takes any free one [BV_PORT].")
@click.option("--uds", help="Unix socket to listen on instead [BV_UDS].")
@click.option("--model-store", help="Directory of the model store [BV_MODEL_STORE].")
def command(host: str | None, port: str | None, uds: str | None, model_store: str | None) -> None:
    """Serve posteriors over HTTP until a signal ends it.

    Settings come from configs/service.toml, a file named by BV_CONFIG, the environment (BV_…) and these
    options; the later wins.
    """
    from bayesian_verifier.settings import read_settings

    environ = dict(os.environ)
    chosen = {"host": host, "port": port, "uds": uds, "model_store": model_store}
    settings = read_settings(environ, chosen)
    configure_log(settings)

    from bayesian_verifier.serving import listen_tcp, listen_unix, server_of

    app = service_of(settings, environ)
    listener = listen_tcp(settings.host, settings.port) if settings.uds is None else listen_unix(settings.uds)
    try:
        server = server_of(
            app,
            head_seconds=settings.head_seconds,
            body_seconds=settings.body_seconds,
            head_bytes=settings.head_bytes,
            head_count=settings.head_count,
            connection_limit=settings.connection_limit,
            keep_alive_seconds=settings.keep_alive_seconds,
            drain_seconds=settings.drain_seconds,
            grace_seconds=settings.grace_seconds,
            log_level=settings.log_level,
            on_listening=lambda: click.echo(_welcome(settings, listener)),
        )
        _reload_on_hangup(app)
        server.run([listener])
    finally:
        if settings.uds is not None:
            settings.uds.unlink(missing_ok=True)
    if app.state.service.is_loading:
        _leave_at_once()


def configure_log(settings: Settings) -> None:
    """Lines on stderr, for people on a terminal and for programs elsewhere."""
    from bayesian_verifier.serving import JsonLines, TextLines

    is_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(TextLines() if is_text else JsonLines())
    logging.basicConfig(handlers=[handler])
    for name in ("bayesian_verifier", "uvicorn"):
        logging.getLogger(name).setLevel(settings.log_level.upper())


def _reload_on_hangup(app: FastAPI) -> None:
    """SIGHUP, where there is one: read token and model again; but leave where it says that the terminal is gone."""
    if not hasattr(signal, "SIGHUP"):
        return
    began_in_terminal = os.isatty(0)

    def hung_up(_: int, __: object) -> None:
        if began_in_terminal and not os.isatty(0):
            signal.raise_signal(signal.SIGTERM)
        else:
            app.state.service.reload()
            if app.state.read_token_again is not None:
                # neither a slow disk nor a model that is being compiled may keep the other waiting
                threading.Thread(target=app.state.read_token_again, name="token").start()

    signal.signal(signal.SIGHUP, hung_up)


def _leave_at_once() -> None:
    """End with exit code 0 while a model is still being compiled.

    Python's own way out aborts a thread inside the compiler, and the process with it; nothing is lost this way.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def service_of(settings: Settings, environ: Mapping[str, str], *, own_signals: bool = False) -> FastAPI:
    """The application that settings describe.

    environ: for the user's cache directory, and OpenTelemetry's own.   own_signals: see `create_app`.
    """
    from bayesian_verifier.serving import (
        Doorkeeper,
        Renewal,
        admission,
        create_app,
        current_pointer,
        load_engine,
        otlp_tracer,
    )
    from bayesian_verifier.settings import compilation_cache, model_store, read_token

    store, name = model_store(settings), settings.model_name
    load = partial(
        load_engine,
        store,
        name,
        points=settings.summary_points,
        cache=compilation_cache(settings, environ),
    )
    keeper = Doorkeeper(
        lambda: admission(
            host=settings.host,
            loopback=settings.uds is None and not settings.off_machine,
            token=read_token(settings),
        )
    )
    app = create_app(
        load,
        renewal=Renewal(
            lambda served: load(served=served),
            partial(current_pointer, store, name),
            every=settings.reload_seconds,
        ),
        admission=keeper,
        tracer=otlp_tracer(environ) if settings.traces == "otlp" else None,
        queue_limit=settings.queue_limit,
        body_seconds=settings.body_seconds,
        grace_seconds=settings.grace_seconds,
        own_signals=own_signals,
    )
    page_read_again = _with_page(app, settings)

    def read_again() -> None:
        keeper.read_again()
        page_read_again()

    app.state.read_token_again = read_again if settings.token_file else None
    return app


def _has_page(settings: Settings) -> bool:
    """Whether the dashboard is beside the service. Raises SettingsError where it is wanted and cannot be had."""
    can = find_spec("duckdb") is not None and hasattr(socket, "send_fds")
    if settings.dashboard == "on" and not can:
        raise SettingsError(
            "BV_DASHBOARD is on: pip install 'bayesian-verifier[dashboard]', on a Unix system"
        )
    return can and settings.dashboard != "off"


def _with_page(app: FastAPI, settings: Settings) -> Callable[[], None]:
    """Put the dashboard beside the service, where there is to be one; how its token is read again."""
    if not _has_page(settings):
        return lambda: None
    from bayesian_verifier.commands._beside import Beside
    from bayesian_verifier.commands._page_process import PageProcess

    page = PageProcess(settings, lambda: app.state.service.leaving)
    app.add_middleware(Beside, page=page)
    return page.read_token_again


def _welcome(settings: Settings, listener: socket.socket) -> str:
    from bayesian_verifier.serving import base_url, curl_lines

    if settings.uds is None:
        place = base_url(listener)
        base = place
    else:
        place, base = str(settings.uds), f"--unix-socket {settings.uds} http://localhost"
    token = settings.token_file
    lines = curl_lines(base, None if token is None else f'"Authorization: Bearer $(cat {token})"')
    said = [f"listening on {place}", "try:", *(f"  {line}" for line in lines)]
    if settings.uds is None and _has_page(settings):
        said.append(f"watch it at {base}/dashboard/")
    return "\n".join(said)
