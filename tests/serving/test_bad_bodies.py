"""No body on earth gets a 5xx: a 4xx with a problem document instead."""

from __future__ import annotations

import gzip
import json
import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.bodies import ANYTHING, BODIES, CORPUS, GOOD, JSON, assert_problem, no_number_is_missing
from serving.closed_form import judgment

if TYPE_CHECKING:
    from collections.abc import Iterator


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
