"""Which requests are the page's, and which the service's?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/dashboard"
#: what the service says to the page's process: with a connection, and when the token is to be read again
CONNECTION, TOKEN = b"c", b"t"


class Beside:
    """ASGI middleware: what is asked below the page's prefix is the page's, everything else is the application's."""

    def __init__(self, app: ASGIApp, *, page: ASGIApp) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        is_page = scope["type"] == "http" and (path == PREFIX or path.startswith(PREFIX + "/"))
        await (self._page if is_page else self._app)(scope, receive, send)
