"""Is merging the union of sets: the same whatever the order, the grouping and the number of times?"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.journal._event_set import Event, EventSet, Merged
from bayesian_verifier.journal._tombstones import Tombstone, id_digest, subject_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.journal._ranges import Ranges

SALT = "00"


class File(NamedTuple):
    """What one file says: events with the numbers missing before each, tombstones, digests."""

    events: tuple[tuple[Event, Ranges], ...]
    tombstones: frozenset[Tombstone] = frozenset()
    digests: frozenset[str] = frozenset()


def union(files: Sequence[File]) -> File:
    """The merged file of some files, as a file again."""
    merged = merged_of(files)
    return File(
        tuple((event, merged.missing.get(event.key, ())) for event in merged.events),
        frozenset(stone for file in files for stone in file.tombstones),
        merged.forgotten,
    )


def merged_of(files: Sequence[File]) -> Merged:
    union = EventSet()
    for file in files:
        for event, missing in file.events:
            union.add(event, missing)
        union.forget(file.tombstones, file.digests)
    return union.merged()


def _event(number: int, ts: int, writer: str, subject: str | None, judgment: int | None) -> Event:
    """Few ids, so that they often meet; what an event says depends on all but its writer."""
    said = f"{number} {ts} {subject} {judgment}".encode()
    answered = None if judgment is None else f"e{judgment}"
    return Event(
        f"2026-01-0{ts}",
        writer,
        number + 1,
        f"e{number}",
        said,
        zlib.crc32(said + writer.encode()),
        subject,
        answered,
    )


EVENTS = st.builds(
    _event,
    st.integers(0, 5),
    st.integers(1, 3),
    st.sampled_from(("w", "ww", "x")),
    st.sampled_from((None, "ada", "ben")),
    st.none() | st.integers(0, 5),
)
MISSING = st.sampled_from(((), (), ((1, 2),), ((2, 4),), ((1, 1), (3, 3))))
STONES = st.builds(
    lambda ts, who, ids: Tombstone(
        f"2026-01-0{ts}", SALT, subject_digest(who, SALT), frozenset(id_digest(f"e{one}") for one in ids)
    ),
    st.integers(1, 3),
    st.sampled_from(("ada", "ben")),
    st.sets(st.integers(0, 5), max_size=2),
)
FILES = st.builds(
    File,
    st.lists(st.tuples(EVENTS, MISSING), max_size=6, unique_by=lambda pair: pair[0].key).map(tuple),
    st.frozensets(STONES, max_size=1),
)


@given(FILES, FILES)
def test_merging_is_commutative(a: File, b: File) -> None:
    """The order of the files makes no difference."""
    assert union([a, b]) == union([b, a])


@given(FILES, FILES, FILES)
def test_merging_is_associative(a: File, b: File, c: File) -> None:
    """Nor does the grouping: what a merged file no longer holds was not needed."""
    assert union([union([a, b]), c]) == union([a, union([b, c])]) == union([a, b, c])


@given(FILES, FILES)
def test_merging_is_idempotent(a: File, b: File) -> None:
    """Nor does it to merge what is merged."""
    assert union([a, a]) == union([a])
    assert union([union([a, b]), b]) == union([a, b])


@given(FILES, FILES)
def test_nothing_is_made_up_and_only_what_is_forgotten_is_left_out(a: File, b: File) -> None:
    """Every event of a union says what one of its files says, and without tombstones every saying is there."""
    said = {(event.id, event.content) for file in (a, b) for event, _ in file.events}
    found = [(event.id, event.content) for event, _ in union([a, b]).events]
    assert set(found) <= said
    assert len(found) == len(set(found))
    if not (a.tombstones or b.tombstones):
        assert set(found) == said


@given(FILES, FILES)
def test_the_forgotten_do_not_come_back_from_an_old_copy(a: File, b: File) -> None:
    """No event about a subject that is not newer than a tombstone of theirs, and no answer to one."""
    events = [event for event, _ in union([a, b]).events]
    for stone in (*a.tombstones, *b.tombstones):
        who = "ada" if stone.is_of("ada") else "ben"
        old = {
            event.id
            for file in (a, b)
            for event, _ in file.events
            if event.subject == who and event.ts <= stone.at
        }
        assert not any(event.id in old or event.judgment in old for event in events)
        assert not any(id_digest(event.id) in stone.ids for event in events)


def test_what_one_file_lacks_and_another_holds_is_not_missing() -> None:
    """A number is missing where every file that holds the next line lacks it."""
    event = _event(4, 1, "w", None, None)
    assert merged_of([File(((event, ((3, 4),)),))]).missing == {event.key: ((3, 4),)}
    lacks_more = File(((event, ((2, 4),)),))
    assert merged_of([lacks_more, File(((event, ((3, 4),)),))]).missing == {event.key: ((3, 4),)}
    assert merged_of([lacks_more, File(((event, ()),))]).missing == {}


def test_two_that_differ_under_one_id_are_both_kept_and_told() -> None:
    """The older first, so that a reader that takes the first takes the same in every order."""
    one, other = _event(1, 2, "w", "ada", None), _event(1, 1, "x", "ada", None)
    merged = merged_of([File(((one, ()),)), File(((other, ()),))])
    assert merged.events == [other, one]
    assert merged.conflicts == {"e1": 2}
    again = merged_of([File(((one, ()),)), File(((one._replace(writer="a"), ()),))])
    assert (again.duplicates, again.conflicts, [event.writer for event in again.events]) == (1, {}, ["a"])
