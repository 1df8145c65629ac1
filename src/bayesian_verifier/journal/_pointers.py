"""What stands at a place in a JSON document?"""

from __future__ import annotations

from typing import Final


class _Nothing:
    """There is nothing there, not even null."""


NOTHING: Final = _Nothing()


def steps_of(place: str) -> tuple[str, ...]:
    """The steps to a place: "" is the document; "/a/0" a JSON pointer (RFC 6901); "a.0" the same, dotted."""
    if not place:
        return ()
    if place.startswith("/"):
        return tuple(step.replace("~1", "/").replace("~0", "~") for step in place[1:].split("/"))
    return tuple(place.split("."))


def pointer_of(place: str) -> str:
    """The place as a JSON pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps_of(place))


def found_at(document: object, place: str) -> object:
    """What stands there, NOTHING where nothing does."""
    for step in steps_of(place):
        if isinstance(document, dict):
            if step not in document:
                return NOTHING
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return NOTHING
    return document
