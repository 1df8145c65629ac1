"""A running service over a model known in closed form, on a free loopback port."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from bayesian_verifier.serving import base_url, compile_engine, create_app, listen_tcp, server_of
from serving.closed_form import ClosedFormSimulator, closed_form_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from fastapi import FastAPI

    from bayesian_verifier.serving import DrainingServer, Engine

    Serve = Callable[..., AbstractContextManager[tuple[httpx.Client, DrainingServer]]]


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The closed-form model of a simulator without a likelihood."""
    return compile_engine(closed_form_model(), ClosedFormSimulator(), points=1024)


@contextmanager
def serving(
    app: FastAPI, *, wait_until_ready: bool = True, **limits: float
) -> Iterator[tuple[httpx.Client, DrainingServer]]:
    """Serve an application with the real server in a thread; gives a client and the server. limits: of `server_of`."""
    listener = listen_tcp("127.0.0.1", 0)
    up = threading.Event()
    chosen: dict[str, float] = {"keep_alive_seconds": 75, "drain_seconds": 0.1, "grace_seconds": 30} | limits
    server = server_of(app, log_level="error", on_listening=up.set, **chosen)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    assert up.wait(60)
    try:
        with httpx.Client(base_url=base_url(listener), timeout=120) as client:
            if wait_until_ready:
                wait_ready(client)
            yield client, server
    finally:
        server.should_exit = True
        thread.join(60)
    assert not thread.is_alive()


def wait_ready(client: httpx.Client, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < deadline, client.get("/health/ready").text
        time.sleep(0.02)


def wait_shut(app: FastAPI, seconds: float = 60.0) -> None:
    """Until posteriors are refused: what arrives in the first moments after a signal is still taken in."""
    deadline = time.monotonic() + seconds
    while not app.state.service.draining:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture(scope="session")
def client(engine: Engine) -> Iterator[httpx.Client]:
    """A client of one service that all tests share; nothing any of them does may disturb the others."""
    with serving(create_app(lambda: engine)) as (client, _):
        yield client


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Start a service of one's own, as a context that gives a client and the server."""
    return serving
