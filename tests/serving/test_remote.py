"""What is said at a terminal of a service that lets nobody in without its token?"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.commands._remote import ask_service
from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Guarded(BaseHTTPRequestHandler):
    """Refuses whoever comes."""

    def do_POST(self) -> None:
        """A problem document, as the service sends it."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b'{"status": 401, "detail": "send a header"}')

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def url() -> Iterator[str]:
    """Where it listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Guarded) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("token", "said"), [(None, "to a file"), ("a-token-of-another", "to another file")])
def test_who_has_no_token_or_a_wrong_one_is_told_the_setting(url: str, token: str | None, said: str) -> None:
    """Nobody at a terminal sends headers."""
    with pytest.raises(CallerError, match=f"answered 401: set BV_TOKEN_FILE {said}"):
        ask_service({"judgments": []}, url, token)
