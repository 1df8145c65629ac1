"""Who is to be forgotten, though nobody may keep their name?

A line of kind `forgotten` holds a salted SHA-256 of the subject and short digests of the ids of what was
removed: enough to know an old copy of a line again and to leave it out, not enough to read anybody's name.

    {…, "kind": "forgotten", "salt": "…", "subject_sha256": "…", "ids": ["…"], "lines": 12, "removed": {…}, …}

It covers what was written of the subject up to its own time, and every line whose id, or whose judgment's id,
it holds. The rest is about the file that it stands in: how many lines were removed, which numbers of which
writer, what the file was before (`was`, as the next file may say of it) and what is left before this line (`now`).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.journal._ranges import Ranges, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "forgotten"
_ID_DIGITS = 16


class Tombstone(NamedTuple):
    """What a line of kind `forgotten` says. at: its time.   salt, subject_sha256: hexadecimal.   ids: digests."""

    at: str
    salt: str
    subject_sha256: str
    ids: frozenset[str]

    def is_of(self, subject: str) -> bool:
        """Whether this is the tombstone of a subject."""
        return subject_digest(subject, self.salt) == self.subject_sha256


def subject_digest(subject: str, salt: str) -> str:
    """SHA-256 of the salt's text and the subject, in UTF-8, hexadecimal."""
    return sha256(f"{salt}:{subject}".encode()).hexdigest()


def id_digest(event_id: str) -> str:
    """The first 64 bits of SHA-256 of an id, hexadecimal."""
    return sha256(event_id.encode()).hexdigest()[:_ID_DIGITS]


def removed_by(members: Mapping[str, Any]) -> dict[str, Ranges]:
    """The numbers, by writer, that a line of kind `forgotten` says are gone from its file."""
    match members.get("removed"):
        case dict() as removed if members.get("kind") == KIND:
            try:
                return {
                    str(writer): joined((int(first), int(last)) for first, last in runs)
                    for writer, runs in removed.items()
                }
            except (TypeError, ValueError):
                return {}
    return {}


def tombstone_of(members: Mapping[str, Any]) -> Tombstone | None:
    """The tombstone that a decoded line is, None where it is none that can be read."""
    match members:
        case {
            "kind": "forgotten",
            "ts": str() as at,
            "salt": str() as salt,
            "subject_sha256": str() as digest,
            "ids": list() as ids,
        }:
            return Tombstone(at, salt, digest, frozenset(one for one in ids if isinstance(one, str)))
    return None
