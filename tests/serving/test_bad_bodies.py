"""No body on earth gets a 5xx: a 4xx with a problem document instead."""

from __future__ import annotations

import gzip
import json
import math
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.closed_form import judgment

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.mark.parametrize(("body", "status"), CORPUS.values(), ids=CORPUS)
def test_bad_body_gets_a_problem_and_no_5xx(client: httpx.Client, body: bytes, status: int) -> None:
    """Each with the status of the contract; 422 names where and which rule."""
    reply = client.post("/v1/posterior", content=body, headers=JSON)
    document = assert_problem(reply, status)
    if status == 422:
        assert all(set(error) == {"pointer", "rule", "detail"} for error in document["errors"])
    assert client.post("/v1/posterior", json={"judgments": []}).status_code == 200


def test_pointer_leads_to_the_fault(client: httpx.Client) -> None:
    """RFC 6901, with escapes."""
    bad = {"judgments": [judgment(0.5), judgment(9.0)]}
    errors = assert_problem(client.post("/v1/posterior", json=bad), 422)["errors"]
    assert [error["pointer"] for error in errors] == ["/judgments/1/reward"]
    odd = assert_problem(client.post("/v1/posterior", json={"judgments": [], "a/b~c": 1}), 422)["errors"]
    assert odd[0]["pointer"] == "/a~1b~0c"


def test_no_more_than_32_errors_are_named(client: httpx.Client) -> None:
    """Of a hundred bad judgments, or of as many fields nobody knows."""
    for body in ({"judgments": [judgment(9.0)] * 100}, {f"field {n}": 0 for n in range(100)}):
        reply = client.post("/v1/posterior", json=body)
        assert len(assert_problem(reply, 422)["errors"]) == 32


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json; charset=latin-1",
    ],
)
def test_other_content_types_are_refused(client: httpx.Client, content_type: str) -> None:
    """A form on a web page can send these without asking."""
    assert_problem(client.post("/v1/posterior", content=GOOD, headers={"content-type": content_type}), 415)


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", "application/vnd.judgments+json"]
)
def test_json_content_types_are_read(client: httpx.Client, content_type: str) -> None:
    """By their media type, not by their spelling."""
    reply = client.post("/v1/posterior", content=GOOD, headers={"content-type": content_type})
    assert reply.status_code == 200


def test_compressed_body_is_refused(client: httpx.Client) -> None:
    """A small body could unfold to a large one."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert_problem(client.post("/v1/posterior", content=gzip.compress(GOOD.encode()), headers=headers), 415)


def test_chunked_body_without_length_is_read_and_bounded(client: httpx.Client) -> None:
    """What counts is what arrives."""
    headers = JSON
    small = client.post(
        "/v1/posterior", content=iter([GOOD[:9].encode(), GOOD[9:].encode()]), headers=headers
    )
    assert small.status_code == 200
    large = client.post("/v1/posterior", content=iter([b"x" * 65536] * 160), headers=headers)
    assert_problem(large, 413)


def test_body_announced_as_endless_is_refused_at_once(client: httpx.Client) -> None:
    """Ten gigabytes by Content-Length: answered before they are sent."""
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port), timeout=10) as raw:
        raw.sendall(
            f"POST /v1/posterior HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 10000000000\r\n\r\n".encode()
        )
        said = raw.recv(65536)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in said


def test_endless_chunked_body_is_cut_off(client: httpx.Client) -> None:
    """The connection ends; the service goes on."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1_000_000

    try:
        reply = client.post("/v1/posterior", content=endless(), headers=JSON)
        assert reply.status_code == 413
    except httpx.TransportError:
        pass
    assert client.get("/health/live").status_code == 200


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


def no_number_is_missing(value: object) -> bool:
    """Every number of a reply is finite."""
    if isinstance(value, dict):
        return all(map(no_number_is_missing, value.values()))
    if isinstance(value, list):
        return all(map(no_number_is_missing, value))
    return not isinstance(value, float) or math.isfinite(value)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES | ANYTHING)
def test_any_json_is_answered_or_refused_and_never_breaks_the_service(
    client: httpx.Client, body: object
) -> None:
    """Whatever JSON can say; and a 200 holds nothing but finite numbers."""
    reply = client.post("/v1/posterior", content=json.dumps(body), headers=JSON)
    assert reply.status_code in (200, 400, 413, 422), reply.text
    assert no_number_is_missing(reply.json())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_any_bytes_are_refused_without_breaking_the_service(client: httpx.Client, body: bytes) -> None:
    """Bytes that happen to be JSON are refused as well, for they hold no judgments."""
    reply = client.post("/v1/posterior", content=body, headers=JSON)
    assert_problem(reply, reply.status_code)
    assert reply.status_code in (400, 422)
