"""Is the service in this container ready? Exit code 0 if so: what a container's HEALTHCHECK asks.

    python3 healthcheck.py [/health/live]      another route that answers 200 when all is well

Standard library only. It finds the service as the service finds its place: by BV_UDS, or BV_HOST and BV_PORT.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys

SECONDS = 2.0
# Whoever listens everywhere is asked on the loopback.
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


def connect() -> socket.socket:
    """A connection to the service. Raises OSError."""
    if path := os.environ.get("BV_UDS"):
        found = socket.socket(socket.AF_UNIX)
        found.settimeout(SECONDS)
        found.connect(path)
        return found
    host = os.environ.get("BV_HOST", "127.0.0.1")
    return socket.create_connection(
        (LOOPBACK.get(host, host), int(os.environ.get("BV_PORT", "8080"))), SECONDS
    )


def main() -> int:
    """0 if the service answers 200 to GET /health/ready, or to the route that is given."""
    [route] = sys.argv[1:] or ["/health/ready"]
    connection = http.client.HTTPConnection("localhost", timeout=SECONDS)
    try:
        connection.sock = connect()
        connection.request("GET", route)
        response = connection.getresponse()
        print(response.status, response.read(300).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as exc:
        print(f"no answer: {exc}")
        return 1
    return 0 if response.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
