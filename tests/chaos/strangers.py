"""Who sends bodies that nobody should send? What the service made of them, the proxy knows.

python -m chaos.strangers '{"tcp": 25000, "seed": 1}'
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import sys
import time
from typing import Any

from chaos.odd_bodies import CORPUS

ROUTES = ("/v1/posterior", "/v1/posteriors", "/v2/models/bayesian-verifier/infer")


def send(port: int, route: str, name: str, body: bytes) -> None:
    """Send a body; whatever comes back, or does not, is left to others to judge."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    headers = {"Content-Type": "application/json", "X-Request-Id": f"stranger-{name.replace(' ', '-')}"}
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("POST", route, body, headers)
        connection.getresponse().read(1 << 20)
    connection.close()


def main(orders: dict[str, Any]) -> None:
    """Send until killed."""
    chance = random.Random(f"{orders['seed']}/strangers")
    names = list(CORPUS)
    while True:
        name = chance.choice(names)
        send(orders["tcp"], chance.choice(ROUTES), name, CORPUS[name])
        time.sleep(chance.uniform(0.01, 0.1))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
