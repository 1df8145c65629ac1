"""What is a journal, if not a file? A set of events, of which any two have a union.

The union is idempotent, commutative and associative, and so is everything that is known of the set beside its
events: which numbers were missing before an event in every file that holds it, and what was forgotten. Two
events with one id that say the same are one, whoever wrote them; two that say different things are both kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal._ranges import Ranges, intersection
from bayesian_verifier.journal._tombstones import Tombstone, id_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Key = tuple[str, str, int, int]  # id, writer, seq, crc: one line, whatever file it stands in


class Place(NamedTuple):
    """Where the bytes of a line are: which file, and between which offsets."""

    file: int
    start: int
    end: int


class Event(NamedTuple):
    """One line, as far as its place in the set depends on it.

    content: digest of what it says, its writer and number apart.   crc: of its bytes.
    subject: whom it is about.   judgment: the id of the one that it answers or names; of the epoch that it takes back.
    The first six fields are the canonical order, in which an event precedes another.
    """

    ts: str
    writer: str
    seq: int
    id: str
    content: bytes
    crc: int
    subject: str | None = None
    judgment: str | None = None
    place: Place = Place(0, 0, 0)

    @property
    def key(self) -> Key:
        """Which line this is."""
        return (self.id, self.writer, self.seq, self.crc)


class Merged(NamedTuple):
    """What a union comes to.

    events: in canonical order.   missing: numbers lost before an event, by its key.
    forgotten: digests of ids that were removed, the tombstones' own apart.   dropped: events left out as forgotten.
    duplicates: lines that said what another said.   conflicts: ids of which several different events stay.
    """

    events: list[Event]
    missing: dict[Key, Ranges]
    forgotten: frozenset[str]
    dropped: int
    duplicates: int
    conflicts: dict[str, int]


class EventSet:
    """A union being formed; events are added from one file after another, in any order."""

    def __init__(self) -> None:
        self._events: dict[str, Event | tuple[Event, ...]] = {}
        self._missing: dict[Key, Ranges] = {}
        self._tombstones: set[Tombstone] = set()
        self._forgotten: set[str] = set()
        self._duplicates = 0

    def add(self, event: Event, missing: Ranges = ()) -> None:
        """Add an event, and the numbers of its writer that its file lacks right before it."""
        known = _several(self._events.get(event.id, ()))
        same = next((one for one in known if one.content == event.content), None)
        if same is None:
            self._events[event.id] = (*known, event) if known else event
            self._note(event.key, missing)
            return
        self._duplicates += 1
        if same.key == event.key:
            self._heal(event.key, missing)
        if event[:6] < same[:6]:
            self._events[event.id] = tuple(event if one is same else one for one in known)
            if same.key != event.key:
                self._missing.pop(same.key, None)
                self._note(event.key, missing)

    def _note(self, key: Key, missing: Ranges) -> None:
        if missing:
            self._missing[key] = missing

    def _heal(self, key: Key, missing: Ranges) -> None:
        """Of what was missing before a line stays missing what every file that holds the line lacks."""
        if left := intersection(self._missing.pop(key, ()), missing):
            self._missing[key] = left

    def forget(self, tombstones: Iterable[Tombstone], digests: Iterable[str] = ()) -> None:
        """Add tombstones, and digests of ids that tombstones removed elsewhere."""
        self._tombstones.update(tombstones)
        self._forgotten.update(digests)

    def merged(self) -> Merged:
        """The union of what was added."""
        by_stone = frozenset().union(*(stone.ids for stone in self._tombstones))
        gone = self._gone(self._covered() | self._forgotten | by_stone)
        kept = [event for event in self._all() if not (gone and id_digest(event.id) in gone)]
        kept.sort(key=lambda event: event[:6])
        left = {event.key for event in kept} if self._missing else set()
        conflicts = {
            id_: len(several)
            for id_, known in self._events.items()
            if len(several := _several(known)) > 1 and id_digest(id_) not in gone
        }
        return Merged(
            events=kept,
            missing={key: ranges for key, ranges in sorted(self._missing.items()) if key in left},
            forgotten=frozenset(gone - by_stone),
            dropped=sum(1 for _ in self._all()) - len(kept),
            duplicates=self._duplicates,
            conflicts=conflicts,
        )

    def _all(self) -> Iterator[Event]:
        for several in self._events.values():
            yield from _several(several)

    def _covered(self) -> set[str]:
        """Digests of the ids of events about a subject that a tombstone of later time covers."""
        if not self._tombstones:
            return set()
        subjects = {event.subject for event in self._all() if event.subject is not None}
        until = {subject: max(stones) for subject in subjects if (stones := self._times_of(subject))}
        return {
            id_digest(event.id)
            for event in self._all()
            if event.subject in until and event.ts <= until[event.subject]
        }

    def _gone(self, digests: set[str]) -> set[str]:
        """Those digests, and those of all events that name one of them, and so on."""
        found, named = set(digests), digests
        while named:
            named = {
                digest
                for event in self._all()
                if event.judgment is not None
                and id_digest(event.judgment) in named
                and (digest := id_digest(event.id)) not in found
            }
            found |= named
        return found

    def _times_of(self, subject: str) -> list[str]:
        return [stone.at for stone in self._tombstones if stone.is_of(subject)]


def _several(known: Event | tuple[Event, ...]) -> tuple[Event, ...]:
    return (known,) if isinstance(known, Event) else known
