"""Which whole numbers belong to a set that is written as runs, first and last included?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Runs in ascending order that neither touch nor overlap: ((1, 3), (7, 7)).
Ranges = tuple[tuple[int, int], ...]


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """The runs of some numbers, in any order, repeats allowed."""
    return joined((number, number) for number in numbers)


def joined(runs: Iterable[tuple[int, int]]) -> Ranges:
    """The union of runs, in any order, overlaps allowed."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def intersection(left: Ranges, right: Ranges) -> Ranges:
    """The numbers in both."""
    return joined((max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) <= min(b, d))


def difference(left: Ranges, right: Ranges) -> Ranges:
    """The numbers in the first and not in the second."""
    for c, d in right:
        left = tuple(
            run for a, b in left for run in ((a, min(b, c - 1)), (max(a, d + 1), b)) if run[0] <= run[1]
        )
    return left


def count(ranges: Ranges) -> int:
    """How many numbers there are."""
    return sum(last - first + 1 for first, last in ranges)
