"""Bodies that no service should be sent, and what every refusal of one looks like."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from serving.closed_form import judgment

if TYPE_CHECKING:
    import httpx

JSON = {"content-type": "application/json"}
GOOD = json.dumps({"judgments": [judgment(0.5)]})


def with_field(text: str) -> bytes:
    """The good body with one more field in its judgment, written as given."""
    return GOOD.replace('"chosen"', f'{text}, "chosen"').encode()


CORPUS = {
    "empty": (b"", 400),
    "white space": (b" \n\t ", 400),
    "not JSON": (b"judgments=1", 400),
    "cut off": (GOOD[:-5].encode(), 400),
    "two documents": (GOOD.encode() * 2, 400),
    "trailing comma": (b'{"judgments": [],}', 400),
    "comment": (b'{"judgments": [] /* none */}', 400),
    "single quotes": (b"{'judgments': []}", 400),
    "NaN": (GOOD.replace("0.5,", "NaN,").replace(": 0.5}", ": NaN}").encode(), 400),
    "Infinity": (b'{"judgments": [], "seed": Infinity}', 400),
    "-Infinity": (b'{"judgments": [], "seed": -Infinity}', 400),
    "1e999": (b'{"judgments": [], "seed": 1e999}', 400),
    "an integer of a thousand digits": (b'{"judgments": [], "seed": ' + b"9" * 1000 + b"}", 400),
    "an integer of thirty digits": (b'{"judgments": [], "seed": ' + b"9" * 30 + b"}", 422),
    "minus one": (b'{"judgments": [], "seed": -1}', 422),
    "2^53": (b'{"judgments": [], "seed": 9007199254740992}', 422),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, 400),
    "deep lists below judgments": (b'{"judgments": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    "deep objects below judgments": (b'{"judgments": [' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}", 422),
    "a list": (b"[]", 422),
    "a string": (b'"judgments"', 422),
    "a number": (b"1", 422),
    "null": (b"null", 422),
    "true": (b"true", 422),
    "no judgments": (b"{}", 422),
    "judgments null": (b'{"judgments": null}', 422),
    "judgments an object": (b'{"judgments": {}}', 422),
    "judgments of numbers": (b'{"judgments": [1, 2]}', 422),
    "judgments of null": (b'{"judgments": [null]}', 422),
    "unknown field": (b'{"judgments": [], "x": 1}', 422),
    "unknown field with a slash": (b'{"judgments": [], "a/b~c": 1}', 422),
    "unknown field in a judgment": (with_field('"x": 1'), 422),
    "a number as text": (with_field('"wealth": "0"'), 422),
    "true for a number": (with_field('"wealth": true'), 422),
    "wealth below zero": (with_field('"wealth": -1'), 422),
    "wealth beyond bounds": (with_field('"wealth": 1e300'), 422),
    "a thousand digits of wealth": (with_field('"wealth": 1' + "0" * 300), 422),
    "money as reward": (GOOD.replace('"reward": 0.5', '"reward": 50').encode(), 422),
    "chosen out of range": (GOOD.replace('"chosen": 0', '"chosen": 2').encode(), 422),
    "chosen a huge integer": (GOOD.replace('"chosen": 0', '"chosen": 1' + "0" * 18).encode(), 422),
    "feedback unknown": (with_field('"feedback": "maybe"'), 422),
    "draws too many": (b'{"judgments": [], "draws": 4097}', 422),
    "draws a fraction": (b'{"judgments": [], "draws": 1.5}', 422),
    "draws true": (b'{"judgments": [], "draws": true}', 422),
    "state a number": (b'{"judgments": [], "state": 1}', 422),
    "state empty": (b'{"judgments": [], "state": ""}', 422),
    "state not base64": (b'{"judgments": [], "state": "***"}', 422),
    "state not ours": (b'{"judgments": [], "state": "aGVsbG8gd29ybGQsIGhlbGxvIHdvcmxkLCBoZWxsbw"}', 422),
    "state not ASCII": ('{"judgments": [], "state": "ÅÅÅÅ"}'.encode(), 422),
    "state too long": (b'{"judgments": [], "state": "' + b"A" * 40_000 + b'"}', 422),
    "513 judgments": (json.dumps({"judgments": [judgment(0.5)] * 513}).encode(), 413),
    "10 MB": (b'{"judgments": "' + b"x" * 10_000_000 + b'"}', 413),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), 400),
    "UTF-16": (GOOD.encode("utf-16"), 400),
    "invalid UTF-8": (with_field('"id": "X"').replace(b"X", b"\xff"), 400),
    "overlong UTF-8": (with_field('"id": "X"').replace(b"X", b"\xc0\xaf"), 400),
    "a lone surrogate": (with_field('"id": "\\ud800"'), 400),
    "a surrogate in UTF-8": (with_field('"id": "X"').replace(b"X", b"\xed\xa0\x80"), 400),
    "a raw control character": (with_field('"id": "\x01"'), 400),
    "a name twice": (b'{"judgments": [], "judgments": []}', 400),
    "a name twice, spelled differently": (b'{"judgments": [], "judgment\\u0073": []}', 400),
    "a name twice in an outcome": (GOOD.replace('"payoff"', '"payoff": 2, "payoff"', 1).encode(), 400),
    "null bytes": (b"\x00" * 64, 400),
}


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "wealth": SCALARS | st.floats(0, 1e15),
        "options": ANYTHING | st.just(judgment()["options"]),
        "chosen": SCALARS | st.integers(0, 1),
        "feedback": SCALARS | st.sampled_from(["approve", "reject"]),
        "reward": SCALARS | st.floats(-3, 3),
        "verdict": SCALARS | st.sampled_from(["proved", "refuted", "unknown"]),
        "subject": SCALARS,
    },
)
BODIES = st.fixed_dictionaries(
    {"judgments": st.lists(NEARLY | ANYTHING, max_size=3) | ANYTHING},
    optional={"state": SCALARS, "draws": SCALARS | st.integers(0, 4), "seed": SCALARS},
)


def assert_problem(reply: httpx.Response, status: int) -> dict[str, Any]:
    """RFC 9457, with all headers every reply carries."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"]
    assert reply.headers["x-model-version"]
    document = reply.json()
    assert document["status"] == status
    assert all(isinstance(document[name], str) and document[name] for name in ("type", "title", "detail"))
    return document


def no_number_is_missing(value: object) -> bool:
    """Every number of a reply is finite."""
    if isinstance(value, dict):
        return all(map(no_number_is_missing, value.values()))
    if isinstance(value, list):
        return all(map(no_number_is_missing, value))
    return not isinstance(value, float) or math.isfinite(value)
