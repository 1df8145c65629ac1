"""Do runs of numbers behave as the sets they stand for?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.journal._ranges import Ranges, count, difference, intersection, joined, ranges_of

SETS = st.frozensets(st.integers(1, 30))


def numbers(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(SETS, SETS)
def test_runs_behave_as_sets(left: frozenset[int], right: frozenset[int]) -> None:
    """Python's sets are the judge."""
    a, b = ranges_of(left), ranges_of(right)
    assert numbers(a) == left
    assert count(a) == len(left)
    assert numbers(joined((*a, *b))) == left | right
    assert numbers(intersection(a, b)) == left & right
    assert numbers(difference(a, b)) == left - right


@given(SETS, SETS)
def test_equal_sets_have_equal_runs(left: frozenset[int], right: frozenset[int]) -> None:
    """However they came about: so that files that mean the same are the same bytes."""
    a, b = ranges_of(left), ranges_of(right)
    assert joined((*b, *a)) == ranges_of(left | right)
    assert intersection(a, b) == ranges_of(left & right)
    assert difference(a, b) == ranges_of(left - right)
