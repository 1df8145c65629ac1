"""How are many posteriors asked for, and answered, in one body?

Each body of the list must be read as if it had come alone, names given twice and all. Writing the parsed list
out again is the cheap way to take it apart; where that could lose something the text itself is cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.serving._json_types import json_type
from bayesian_verifier.serving._limits import MAX_BODIES
from bayesian_verifier.serving._problems import NotJsonError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_ID = 128
_STRING = rb'"(?>[^"\\]+|\\.)*+"'
_PLAIN = rb'[^"\[\]{}]+|' + _STRING
_FLAT = rb"\{(?>" + _PLAIN + rb")*+\}|\[(?>" + _PLAIN + rb")*+\]"
# What holds no deeper object is stepped over in one go; only brackets around others are counted.
_NEXT_BRACKET = re.compile(rb"(?>" + _PLAIN + rb"|" + _FLAT + rb")*+([\[{\]}])", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^,\]\s]+", re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*")


def split_bodies(body: bytes) -> list[bytes]:
    """The 0–64 bodies of a JSON list, each as JSON that says the same.

    Raises NotJsonError, InvalidEvidenceError where it is no list, and TooLargeError for more than 64.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise NotJsonError(str(exc)) from exc
    if not isinstance(content, list):
        raise InvalidEvidenceError(
            [Violation("", "type", f"expected a list of bodies, got {json_type(content)}")]
        )
    if len(content) > MAX_BODIES:
        raise TooLargeError(f"{len(content)} bodies, at most {MAX_BODIES} a request: send them in parts")
    return _rewritten(body, content) or list(elements(body))


def elements(text: bytes) -> Iterator[bytes]:
    """The elements of a JSON list, each as it is written in `text`, which must be valid JSON."""
    position = text.index(b"[") + 1
    while True:
        position = _end(_BETWEEN, text, position)
        first = text[position : position + 1]
        if first == b"]":
            return
        end = _closing(text, position) if first in (b"{", b"[") else _end(_SCALAR, text, position)
        yield text[position:end]
        position = end


def bulk_reply(answers: Iterable[bytes]) -> bytes:
    """The JSON list of answers, in their order."""
    return b"[" + b",".join(answers) + b"]"


def element_id(request_id: str, index: int) -> str:
    """The id of one answer: its request's and its place, at most 128 characters, so the former may be cut."""
    place = f".{index}"
    return request_id[: MAX_ID - len(place)] + place


def _rewritten(text: bytes, parsed: list[object]) -> list[bytes] | None:
    """The elements, written anew; None where a name may have been lost, or for what is nested too deeply to write.

    A name that was dropped took its colon along (see `duplicate_name`).
    """
    if b"\\" in text:
        return None
    try:
        written = [orjson.dumps(element) for element in parsed]
    except TypeError:
        return None
    return written if sum(one.count(b":") for one in written) == text.count(b":") else None


def _closing(text: bytes, start: int) -> int:
    """Where the object or list that begins at `start` has ended."""
    depth, position = 1, start + 1
    while depth:
        found = _NEXT_BRACKET.match(text, position)
        if found is None:
            raise ValueError("not JSON: a bracket is never closed")
        depth += 1 if found[1] in b"[{" else -1
        position = found.end()
    return position


def _end(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    found = pattern.match(text, start)
    if found is None:
        raise ValueError("not JSON: nothing where a value should be")
    return found.end()
