"""A list of bodies is taken apart as if each had come alone."""

from __future__ import annotations

import json
import re

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesian_verifier.serving._bulk import element_id, elements, split_bodies
from serving.bodies import ANYTHING

SPACES = st.sampled_from(["", " ", "\n", " \t\r\n"])


@settings(max_examples=300, deadline=None)
@given(st.lists(ANYTHING, max_size=6), SPACES, st.booleans())
def test_each_element_is_cut_out_as_it_was_written(
    content: list[object], space: str, ascii_only: bool
) -> None:
    """Whatever white space stands between, with strings full of brackets, quotes and backslashes."""
    written = [json.dumps(one, ensure_ascii=ascii_only) for one in content]
    text = f"{space}[{space}{f'{space},{space}'.join(written)}{space}]{space}".encode(errors="replace")
    assert list(elements(text)) == [one.encode(errors="replace") for one in written]


@settings(max_examples=200, deadline=None)
@given(st.lists(ANYTHING, max_size=6), st.booleans())
def test_each_body_says_what_it_said_in_the_list(content: list[object], ascii_only: bool) -> None:
    """As the parser reads it; escaped or not."""
    text = json.dumps(content, ensure_ascii=ascii_only).encode(errors="replace")
    assert [orjson.loads(one) for one in split_bodies(text)] == orjson.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": 1, "\\u0061": 2}',
        '{":": 1, ":": 2}',
        "[" * 400 + "]" * 400,
    ],
)
def test_what_writing_anew_would_lose_is_kept(body: str) -> None:
    """Names given twice, and what is nested too deeply to be written."""
    assert split_bodies(f'[{{"a": ":"}}, {body}, {{"b": [1]}}]'.encode())[1] == body.encode()


@given(st.text("abc._-", min_size=1, max_size=128))
def test_ids_are_ids_and_differ(request_id: str) -> None:
    """By the rule of X-Request-Id; and they begin as the request's own."""
    made = [element_id(request_id, index) for index in range(64)]
    assert len(set(made)) == 64
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,128}", one) for one in made)
    assert all(one.startswith(request_id[:125]) for one in made)
