"""Do judgments travel in a state as they are, with nothing of whose they are, and is everything else refused?"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lottery_records import QUICK, lottery, parsed, record, records, several

from bayesian_verifier.simulators.traits._carried import MOST_CARRIED, carried, read_carried

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

ROOM = 17_400
FIELDS = ("wealth", "options", "chosen", "feedback", "reward", "verdict", "times_tried")


def evidence_of(judgments: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - a sequence of judgments
    """All of them that counts."""
    return [tuple(getattr(one, name) for name in FIELDS) for one in judgments]


@given(st.lists(records(), max_size=8))
@QUICK
def test_what_is_evidence_comes_back_to_the_bit(some: list[dict[str, Any]]) -> None:
    """Of any judgments; who they are of does not travel."""
    told = parsed(*(one | {"id": "j1", "subject": "ada", "ts": "2026-01-01T00:00:00Z"} for one in some))
    packed = carried(told, 10**6)
    assert packed is not None
    back = read_carried(packed)
    assert evidence_of(back) == evidence_of(told)
    assert all(one.id is one.subject is one.ts is None for one in back)
    assert b"ada" not in zlib.decompress(packed, -15)


def many(count: int) -> list[Judgment]:
    """Of all kinds."""
    return several(count, lambda i: {"times_tried": [i % 7, i % 4]})


def test_too_many_or_too_long_ones_do_not_travel() -> None:
    """128 are the most; and none where they need more bytes than there are."""
    packed = carried(many(MOST_CARRIED), ROOM)
    assert packed is not None
    assert len(read_carried(packed)) == MOST_CARRIED
    assert carried(many(MOST_CARRIED + 1), ROOM) is None
    assert carried(many(4), 100) is None


def deflated(text: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


REFUSED = {
    "no deflate": (b"\xff" * 20, "deflated judgments"),
    "cut short": (deflated(b"[]" * 50)[:-2], "nothing else"),
    "something behind": (deflated(b"[]") + b"x", "nothing else"),
    "no JSON": (deflated(b"judgments"), "expected judgments"),
    "a broken one": (
        deflated(json.dumps([record(lottery((1.0, 0.5)), lottery((1.0, 1.0)))]).encode()),
        "expected judgments.*sum",
    ),
    "a number that is none": (
        deflated(json.dumps([record(lottery((float("nan"), 1.0)), lottery((1.0, 1.0)))]).encode()),
        "expected judgments",
    ),
    "too many": (
        deflated(json.dumps([record(lottery((1.0, 1.0)), lottery((2.0, 1.0)))] * 129).encode()),
        "at most 128",
    ),
    "ten million blanks": (deflated(b" " * 10**7), "nothing else"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_judgment_is_refused(fault: str) -> None:
    """With a word on what was expected; what unpacks to millions is not unpacked."""
    packed, said = REFUSED[fault]
    with pytest.raises(ValueError, match=said):
        read_carried(packed)
