"""How does a merged file say what it was put together from, so that a line lost before or after still shows?

Its first line is of kind `merged` and speaks for the lines that follow it:

    {…, "kind": "merged", "events": 120, "sha256": "…", "missing": […], "forgotten": ["…"]}

`events` and `sha256` are the number and the digest of those lines, newlines included; their own numbers, in an
order that is no writer's, prove nothing any more. `missing` names each event before which numbers of its writer
were missing in every file that held it. `forgotten` is what tombstones removed, see there.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.journal._codec import VERSION, encode_members, seal
from bayesian_verifier.journal._ranges import Ranges, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bayesian_verifier.journal._event_set import Key

KIND = "merged"
WRITER = "merge"
_BEFORE_ALL = "1970-01-01T00:00:00.000000Z"


class Heading(NamedTuple):
    """What the first line of a merged file says; `sha256` is hexadecimal."""

    events: int
    sha256: str
    missing: dict[Key, Ranges]
    forgotten: frozenset[str]


# of a file that was not merged
NOTHING = Heading(0, sha256().hexdigest(), {}, frozenset())


def heading_line(heading: Heading, newest: str) -> bytes:
    """The first line of a merged file. newest: the time of its last event, "" where it has none."""
    missing = [
        {"before": id_, "writer": writer, "seq": seq, "crc": crc, "numbers": [list(run) for run in numbers]}
        for (id_, writer, seq, crc), numbers in sorted(heading.missing.items())
    ]
    return seal(
        encode_members(
            {
                "v": VERSION,
                "seq": 1,
                "id": f"merged-{heading.sha256[:32]}",
                "ts": newest or _BEFORE_ALL,
                "writer": WRITER,
                "kind": KIND,
                "events": heading.events,
                "sha256": heading.sha256,
                "missing": missing,
                "forgotten": sorted(heading.forgotten),
            }
        )
    )


def heading_of(members: Mapping[str, Any]) -> Heading | None:
    """The heading that a decoded line is, None where it is none that can be read."""
    match members:
        case {
            "kind": "merged",
            "events": int() as events,
            "sha256": str() as digest,
            "missing": list() as missing,
            "forgotten": list() as forgotten,
        }:
            try:
                known = dict(map(_missing_of, missing))
            except (KeyError, TypeError, ValueError):
                return None
            return Heading(events, digest, known, frozenset(map(str, forgotten)))
    return None


def _missing_of(entry: Mapping[str, Any]) -> tuple[Key, Ranges]:
    key = (str(entry["before"]), str(entry["writer"]), int(entry["seq"]), int(entry["crc"]))
    return key, joined((int(first), int(last)) for first, last in entry["numbers"])


class Block:
    """The lines that a heading speaks for, as they go by."""

    def __init__(self, heading: Heading, file: Path | None = None) -> None:
        self.heading = heading
        self.file = file
        self.left = heading.events
        self._digest = sha256()
        self._damaged = False

    def takes(self, line: bytes | None) -> bool:
        """Whether the next line, without its newline, is one of them; None stands for a damaged one."""
        if self.left <= 0:
            return False
        self.left -= 1
        if line is None:
            self._damaged = True
        else:
            self._digest.update(line + b"\n")
        return True

    def problems(self) -> Iterable[str]:
        """What is wrong with the block as a whole, once all lines have gone by."""
        for (id_, writer, *_), numbers in self.heading.missing.items():
            runs = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in numbers)
            yield f"writer {writer}: seq {runs} before event {id_} was missing in what was merged"
        if self.left:
            yield f"expected {self.heading.events} merged lines, got {self.heading.events - self.left}"
        elif not self._damaged and self._digest.hexdigest() != self.heading.sha256:
            yield "the lines that follow are not those that were merged"
