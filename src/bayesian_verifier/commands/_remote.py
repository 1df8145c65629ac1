"""What does a running service answer?"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bayesian_verifier.errors import BusyError, CallerError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 30.0
BAD_REQUEST, UNAUTHORISED, TOO_MANY, SERVER_ERROR = 400, 401, 429, 500


def ask_service(question: Mapping[str, Any], url: str, token: str | None) -> dict[str, Any]:
    """The reply of the service at `url`, such as http://127.0.0.1:8080.

    Raises CallerError when it refuses the request, BusyError when it cannot be had now.
    """
    place = urlsplit(url)
    if place.scheme not in ("http", "https") or not place.hostname:
        raise CallerError(f"--url: expected a URL such as http://127.0.0.1:8080, got {url!r}")
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection = kind(place.hostname, place.port, timeout=SECONDS)
        connection.request(
            "POST", f"{place.path.rstrip('/')}/v1/posterior", json.dumps(question).encode(), headers
        )
        response = connection.getresponse()
        content = json.loads(response.read())
        connection.close()
    except (OSError, ValueError, http.client.HTTPException) as exc:
        raise BusyError(f"no answer from {url}: {exc}") from exc
    if response.status < BAD_REQUEST:
        reply: dict[str, Any] = content
        return reply
    detail = content.get("detail", "")
    if response.status == UNAUTHORISED:
        detail = f"set BV_TOKEN_FILE to {'a' if token is None else 'another'} file, the one with this service's token"
    said = f"{url} answered {response.status}: {detail}"
    if response.status >= SERVER_ERROR or response.status == TOO_MANY:
        raise BusyError(said)
    raise CallerError(said)
