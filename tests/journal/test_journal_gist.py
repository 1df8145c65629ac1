"""Is what is told from the beginning of a line what the whole line says?"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.journal import DamagedLineError
from bayesian_verifier.journal._codec import encode_members, seal
from bayesian_verifier.journal._gist import gist_of

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
_ENVELOPE = st.fixed_dictionaries(
    {"v": st.just(1), "seq": st.integers(1, 99), "id": _NAMES, "ts": st.just("2026-01-01"), "writer": _NAMES}
)
_OWN = st.one_of(
    st.fixed_dictionaries({"kind": st.just("judgment"), "subject": st.none() | _TEXT, "more": _TEXT}),
    st.fixed_dictionaries({"kind": st.just("feedback"), "judgment": _NAMES, "feedback": _TEXT}),
    st.fixed_dictionaries({"kind": st.just("epoch"), "subject": _TEXT, "from": _TEXT}),
    st.fixed_dictionaries({"kind": st.just("epoch_undone"), "epoch": _NAMES, "by": _TEXT}),
    st.fixed_dictionaries({"kind": _NAMES, "subject": _TEXT}),
    st.fixed_dictionaries({"more": _TEXT, "kind": st.sampled_from(["judgment", "feedback"])}),
)


@given(envelope=_ENVELOPE, own=_OWN, shuffled=st.randoms())
def test_a_gist_says_what_the_line_says(envelope, own, shuffled) -> None:
    """Members in the order of this version's lines, or in another; any text, escapes and all."""
    for members in ({**envelope, **own}, dict(shuffled.sample(list({**envelope, **own}.items()), k=5))):
        line = seal(encode_members(members))[:-1]
        said = json.loads(line)
        expected = None
        if said.get("kind") == "judgment" and "subject" in said and "id" in said:
            expected = ("judgment", said["id"], said["subject"], None)
        elif said.get("kind") == "feedback" and "judgment" in said and "id" in said:
            expected = ("feedback", said["id"], None, said["judgment"])
        elif said.get("kind") == "epoch" and "subject" in said and "id" in said:
            expected = ("epoch", said["id"], said["subject"], None)
        elif said.get("kind") == "epoch_undone" and "epoch" in said and "id" in said:
            expected = ("epoch_undone", said["id"], None, said["epoch"])
        assert gist_of(line) == expected


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_damaged_line_has_no_gist(at: int, bit: int) -> None:
    """Whichever bit is another."""
    members = {"v": 1, "seq": 1, "id": "a", "ts": "t", "writer": "w", "kind": "judgment", "subject": "ada"}
    line = bytearray(seal(encode_members(members))[:-1])
    line[at % len(line)] ^= 1 << bit
    with pytest.raises(DamagedLineError):
        gist_of(bytes(line))
