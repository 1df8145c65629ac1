"""Repeated names in JSON, found quickly, against Python's own parser."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.serving._duplicates import duplicate_name

NAMES = st.sampled_from(["a", "b", ":", "a:b", "ä", '"', "\\", "\x1f"])
TREES = st.recursive(
    st.none() | st.integers(0, 9) | st.text(':a"\\ä', max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=3).map(tuple),
    max_leaves=10,
)


def written(tree: object, *, ascii_only: bool) -> str:
    """JSON text of a tree whose objects are tuples of pairs, so that names may repeat."""
    if isinstance(tree, tuple):
        pairs = (
            f"{json.dumps(k, ensure_ascii=ascii_only)} : {written(v, ascii_only=ascii_only)}" for k, v in tree
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(written(inner, ascii_only=ascii_only) for inner in tree) + "]"
    return json.dumps(tree, ensure_ascii=ascii_only)


def repeats(tree: object) -> bool:
    """Whether any object of the tree has a name twice."""
    if isinstance(tree, tuple):
        names = [name for name, _ in tree]
        return len(set(names)) < len(names) or any(repeats(inner) for _, inner in tree)
    return isinstance(tree, list) and any(map(repeats, tree))


@given(TREES, st.booleans())
def test_a_repeated_name_is_found_exactly_when_there_is_one(tree: object, ascii_only: bool) -> None:
    """Wherever it is, however it is escaped."""
    text = written(tree, ascii_only=ascii_only).encode()
    assert (duplicate_name(text, orjson.loads(text)) is not None) == repeats(tree)


@pytest.mark.parametrize(
    "text", [b'{"a":1,"\\u0061":2}', b'[{"x":":","x":1}]', b'{"a":"\\u003a","b":1,"b":2}']
)
def test_escapes_do_not_hide_a_repeated_name(text: bytes) -> None:
    """A colon spelled as an escape must not make up for a lost one."""
    assert duplicate_name(text, orjson.loads(text)) in ("a", "b", "x")


@pytest.mark.parametrize("name", [b"x", b'\\"'], ids=["plain", "escaped"])
def test_nesting_has_one_limit_on_every_python(name: bytes) -> None:
    """254 levels are read, 255 are not, with and without an escape, which Python's parser has to read."""
    for levels, is_read in ((254, True), (255, False)):
        text = b'{"%s": ' % name + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
        if is_read:
            assert duplicate_name(text, orjson.loads(text)) is None
        else:
            with pytest.raises(TypeError):
                duplicate_name(text, orjson.loads(text))
