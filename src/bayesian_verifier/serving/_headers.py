"""What do a request's headers say, as far as this service listens to them?"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from bayesian_verifier.serving._problems import MalformedHeaderError, NotJsonTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
DECIMAL = re.compile(rb"[0-9]{1,12}(\.[0-9]{1,6})?")
UNSIGNED = re.compile(rb"[0-9]{1,18}")
JSON_TYPE = re.compile(rb"application/(?:[a-z0-9!#$&^_.-]+\+)?json")


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers by lower-case name; of one that is repeated, all values, joined by commas (RFC 9110, 5.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in raw:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def request_id(headers: Mapping[bytes, bytes]) -> str | None:
    """X-Request-Id where it is 1–128 letters, digits, dots, underscores or hyphens; else None."""
    given = headers.get(b"x-request-id", b"")
    return given.decode("ascii") if REQUEST_ID.fullmatch(given) else None


def budget_seconds(headers: Mapping[bytes, bytes]) -> float:
    """What is left of the caller's time by X-Request-Timeout-Ms; infinite where it is not given.

    Raises MalformedHeaderError for anything but a plain decimal number of milliseconds.
    """
    given = headers.get(b"x-request-timeout-ms")
    if given is None:
        return math.inf
    if not DECIMAL.fullmatch(given):
        raise MalformedHeaderError(
            "X-Request-Timeout-Ms: expected milliseconds as a plain number, such as 50"
        )
    return float(given) / 1e3


def content_length(headers: Mapping[bytes, bytes]) -> int | None:
    """Content-Length in bytes, None where the body comes in chunks. Raises MalformedHeaderError."""
    given = headers.get(b"content-length")
    if given is None:
        return None
    if not UNSIGNED.fullmatch(given):
        raise MalformedHeaderError("Content-Length: expected a whole number of bytes")
    return int(given)


def require_json(headers: Mapping[bytes, bytes]) -> None:
    """Raises NotJsonTypeError unless the body says it is JSON, in UTF-8 and not compressed.

    A web page can send plain text anywhere; only JSON makes its browser ask first.
    """
    media_type, *parameters = headers.get(b"content-type", b"").lower().split(b";")
    if not JSON_TYPE.fullmatch(media_type.strip()):
        raise NotJsonTypeError("Content-Type: expected application/json")
    for parameter in parameters:
        name, _, value = parameter.strip().partition(b"=")
        if name == b"charset" and value.strip(b'"') not in (b"utf-8", b"utf8"):
            raise NotJsonTypeError("Content-Type: JSON is read as UTF-8 only")
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        raise NotJsonTypeError("Content-Encoding: compressed bodies are not read")
