"""A body that comes too slowly, or never."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from bayesian_verifier.serving import create_app

if TYPE_CHECKING:
    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

HEAD = """POST /v1/posterior HTTP/1.1
Host: 127.0.0.1
Content-Type: application/json
Content-Length: 100

""".replace("\n", "\r\n")


def test_a_body_that_stops_is_answered_408_and_the_connection_ends(engine: Engine, serve: Serve) -> None:
    """After the time for a body, not before; a trickle does not buy more time."""
    with serve(create_app(lambda: engine, body_seconds=0.4)) as (client, _):
        place = (client.base_url.host, client.base_url.port)
        with socket.create_connection(place, timeout=10) as raw:
            began = time.monotonic()
            raw.sendall(HEAD.encode())
            for _ in range(3):
                raw.sendall(b" ")
                time.sleep(0.1)
            said = b""
            while chunk := raw.recv(65536):
                said += chunk
            took = time.monotonic() - began
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in said
        assert 0.35 < took < 3.0
        assert client.get("/health/live").status_code == 200


def test_a_client_that_goes_away_leaves_nothing_behind(engine: Engine, serve: Serve) -> None:
    """Half a body, then the connection is gone: nobody is answered, the service goes on."""
    with serve(create_app(lambda: engine)) as (client, server):
        place = (client.base_url.host, client.base_url.port)
        for _ in range(5):
            with socket.create_connection(place, timeout=10) as raw:
                raw.sendall(HEAD.encode() + b"{")
        deadline = time.monotonic() + 60
        while len(server.server_state.tasks) > 0:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.get("/health").json()["queue"]["waiting"] == 0
        assert client.post("/v1/posterior", json={"judgments": []}).status_code == 200
