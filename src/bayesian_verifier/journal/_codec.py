"""How does an event become one line of a log, and how is a damaged line told from a whole one?

A line is one JSON object in UTF-8 whose last member is the checksum, in a form of fixed width:

    {"v":1,"seq":7,…,"crc":"0a1b2c3d"}

`crc` is the CRC-32 (ISO-HDLC, as in zlib and gzip) of the line's bytes before `,"crc"`, as eight lower-case
hexadecimal digits in a string: a tool that knows nothing of it reads plain JSON, and a reader finds it by
counting 18 bytes from the end without parsing what may be damaged.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any, NoReturn

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1

_SEAL = re.compile(rb',"crc":"([0-9a-f]{8})"}\Z')
SEAL_WIDTH = len(b',"crc":"01234567"}')

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class DamagedLineError(ValueError):
    """A line that cannot be trusted; the message says why."""


def encode_members(fields: Mapping[str, object]) -> bytes:
    """JSON members of an object, without its braces: `"a":1,"b":[2]`.

    Raises CallerError for what JSON in UTF-8 cannot hold: NaN, Infinity, half a surrogate pair, other types.
    """
    try:
        return _ENCODER.encode(fields)[1:-1].encode()
    except UnicodeEncodeError as exc:
        raise CallerError("text with half a surrogate pair cannot be written as UTF-8") from exc
    except (TypeError, ValueError, RecursionError) as exc:
        raise CallerError(f"not to be written as JSON: {exc}") from exc


def seal(members: bytes) -> bytes:
    """The whole line, newline included, of members encoded before."""
    body = b"{" + members
    return b'%b,"crc":"%08x"}\n' % (body, zlib.crc32(body))


def check_seal(line: bytes) -> None:
    """Raises DamagedLineError unless a line without its newline ends in the checksum of what stands before it."""
    found = _SEAL.search(line, max(0, len(line) - SEAL_WIDTH))
    if found is None:
        raise DamagedLineError("does not end in a checksum: cut short, or not a line of this journal")
    stated, actual = int(found[1], 16), zlib.crc32(line[:-SEAL_WIDTH])
    if stated != actual:
        raise DamagedLineError(f"the checksum says {stated:08x}, the bytes say {actual:08x}")


def decode_line(line: bytes) -> dict[str, Any]:
    """The members of a line without its newline.

    Raises DamagedLineError unless the checksum holds and the line is one object of standard JSON.
    """
    check_seal(line)
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise DamagedLineError(f"not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise DamagedLineError("not a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
