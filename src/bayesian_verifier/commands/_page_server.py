"""How is the page served by itself, and how does it leave? Streams end, what was asked is answered, exit code 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

from bayesian_verifier.commands._page import Rules, dashboard_of

if TYPE_CHECKING:
    import socket
    from types import FrameType

    from starlette.types import ASGIApp

    from bayesian_verifier.settings import Settings

_GRACE_SECONDS = 5
_MOST_CONNECTIONS = 256


class PageServer(uvicorn.Server):
    """uvicorn's server, which after a signal ends as if it had run to its end; a second one ends it at once."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Leave."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


def page_config(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves it. No access log: addresses hold what people search for."""
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def serve_page(settings: Settings, listener: socket.socket) -> None:
    """Serve the page until a signal ends it."""
    server: PageServer | None = None
    page = dashboard_of(
        settings, Rules(settings), threads=2, leaving=lambda: server is not None and server.should_exit
    )
    server = PageServer(page_config(page.app))
    try:
        server.run([listener])
    finally:
        page.close()
