"""The same application, served as uvicorn serves any: no bound on the queue, no deadline, nothing refused early.

    python benchmarks/serve_unguarded.py --port 9000

What the admission of the service is worth shows beside this.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import _ours
import uvicorn

from bayesian_verifier.serving import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: More than will ever wait.
UNBOUNDED = 10_000_000


class WithoutDeadlines:
    """ASGI middleware that hides from an application how long its callers will wait."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            kept = [pair for pair in scope["headers"] if pair[0] != b"x-request-timeout-ms"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    app = WithoutDeadlines(create_app(_ours.engine, queue_limit=UNBOUNDED))
    uvicorn.run(
        app, port=asked.port, http="httptools", ws="none", lifespan="on", log_config=None, access_log=False
    )


if __name__ == "__main__":
    main()
