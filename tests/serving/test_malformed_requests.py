"""What is not HTTP/1.1, or could be read in two ways, is refused as a problem, and the service goes on."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayesian_verifier.serving._request_head import head_refusal
from serving.raw import get, post, raw

if TYPE_CHECKING:
    import httpx

HEAD = "POST /v1/posterior HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
#: RFC 9112: what a server must refuse, or may, where a proxy before it might read something else
MALFORMED = {
    "another protocol": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/2.0": "GET / HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n",
    "HTTP/0.9": "GET /health/live\r\n\r\n",
    "a version that is none": "GET / HTTP/1.x\r\nHost: 127.0.0.1\r\n\r\n",
    "a method that is none": "BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a space in the target": "GET /a b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a target of another machine": "GET http://evil.example/v1/model HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a target of this machine": "GET http://127.0.0.1/v1/model HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a target with a fragment": "GET /v1/model#x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a target that is not ASCII": "POST /v2/models/\xf6/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
    "OPTIONS *": "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "CONNECT": "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "no Host": "GET /health/live HTTP/1.1\r\n\r\n",
    "two Hosts": "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    "the same Host twice": "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a user name in Host": "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:80@evil.example\r\n\r\n",
    "a path in Host": "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1/x\r\n\r\n",
    "length and chunks": HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
    "the same length twice": HEAD + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]",
    "a list of lengths": HEAD + "Content-Length: 2, 2\r\n\r\n[]",
    "a length with a sign": HEAD + "Content-Length: +2\r\n\r\n[]",
    "a length below zero": HEAD + "Content-Length: -2\r\n\r\n",
    "a length in hexadecimal": HEAD + "Content-Length: 0x2\r\n\r\n[]",
    "a length that is empty": HEAD + "Content-Length: \r\n\r\n",
    "a length beyond 64 bits": HEAD + "Content-Length: 99999999999999999999999\r\n\r\n",
    "a space before the colon": HEAD + "Content-Length : 2\r\n\r\n[]",
    "an unknown coding": HEAD + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "no coding": HEAD + "Transfer-Encoding: identity\r\n\r\n",
    "compressed chunks": HEAD + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks, compressed": HEAD + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n",
    "a folded header": HEAD + "X-A: a\r\n b\r\nContent-Length: 2\r\n\r\n[]",
    "a line that ends in LF": HEAD.replace("\r\n", "\n") + "Content-Length: 2\n\n[]",
    "a line that ends in CR": HEAD + "X-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\n[]",
    "a null byte in a value": HEAD + "X-A: a\x00b\r\nContent-Length: 2\r\n\r\n[]",
    "a control character in a name": HEAD + "X\x01A: a\r\nContent-Length: 2\r\n\r\n[]",
    "a header without a colon": HEAD + "X-A\r\nContent-Length: 2\r\n\r\n[]",
    "a header without a name": HEAD + ": a\r\nContent-Length: 2\r\n\r\n[]",
    "a chunk without a size": CHUNKED + "zz\r\n[]\r\n0\r\n\r\n",
    "a chunk below zero": CHUNKED + "-2\r\n[]\r\n0\r\n\r\n",
    "a chunk beyond 64 bits": CHUNKED + "ffffffffffffffffff\r\n",
    "a chunk longer than it says": CHUNKED + "1\r\n[]\r\n0\r\n\r\n",
    "a chunk whose line ends in LF": CHUNKED + "2\n[]\r\n0\r\n\r\n",
    "a chunk's extension that ends in LF": CHUNKED + "2;a\n[]\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_could_be_read_in_two_ways_is_refused_and_ends_the_connection(
    client: httpx.Client, text: str
) -> None:
    """One problem, and nothing that follows on the connection is taken for a request."""
    smuggled = get("/v1/model")
    with raw(client) as connection:
        connection.send(text.encode("latin-1") + smuggled)
        replies = connection.replies()
    assert [reply.status for reply in replies] == [400]
    assert replies[0].kind == "malformed-request"
    assert replies[0].closes
    assert client.get("/health/live").status_code == 200


def test_an_unknown_expectation_is_a_417(client: httpx.Client) -> None:
    """RFC 9110, 10.1.1."""
    with raw(client) as connection:
        connection.send(post(b"{}", "Expect: the-unexpected"))
        replies = connection.replies()
    assert [reply.status for reply in replies] == [417]
    assert replies[0].kind == "expectation"


def test_a_refusal_of_a_request_echoes_the_id_it_gave(client: httpx.Client) -> None:
    """Where it came before what cannot be read."""
    with raw(client) as connection:
        connection.send(post(b"{}", "X-Request-Id: my-id", "X-A: \x00"))
        reply = connection.reply()
    assert reply is not None
    assert reply.headers["x-request-id"] == "my-id"


def test_under_v2_a_refusal_also_says_error(client: httpx.Client) -> None:
    """As that protocol asks."""
    with raw(client) as connection:
        connection.send(post(b"{}", "Content-Length: 2", path="/v2/models/closed-form/infer"))
        reply = connection.reply()
    assert reply is not None
    assert reply.problem["error"] == reply.problem["detail"]


def test_trailers_are_not_headers(client: httpx.Client) -> None:
    """Behind the body no Host, token or content type counts: RFC 9110, 6.5.1."""
    body = "11\r\n" + '{"judgments": []}' + "\r\n0\r\n"
    trailers = "Host: evil.example\r\nX-Request-Id: trailing\r\nX-Request-Timeout-Ms: never\r\n\r\n"
    with raw(client) as connection:
        connection.send((CHUNKED + body + trailers).encode() + get())
        first, second = connection.reply(), connection.reply("GET")
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == (200, 200)
    assert first.headers["x-request-id"] != "trailing"


def test_garbage_behind_good_requests_is_refused_after_their_answers(client: httpx.Client) -> None:
    """In order: two answers, one refusal, the end."""
    with raw(client) as connection:
        connection.send(post() + post() + b"garbage\r\n\r\n" + post())
        replies = connection.replies()
    assert [reply.status for reply in replies] == [200, 200, 400]
    assert [reply.closes for reply in replies] == [False, False, True]


def test_a_body_that_breaks_behind_good_requests_is_refused_after_their_answers(client: httpx.Client) -> None:
    """The broken request itself is never seen by the application."""
    with raw(client) as connection:
        connection.send(post() + post() + CHUNKED.encode() + b"zz\r\n")
        replies = connection.replies()
    assert [reply.status for reply in replies] == [200, 200, 400]


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_a_request_that_offers_another_protocol_is_answered_in_this_one(
    client: httpx.Client, pause: float
) -> None:
    """RFC 9110, 7.8. Java's client offers HTTP/2 with each request: body, order and connection are as ever."""
    offer = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk",
    )
    asked = post(b'{"judgments": [], "draws": 1, "seed": 5}', *offer)
    chunked = asked.replace(b"Content-Length: 40", b"Transfer-Encoding: chunked").replace(
        b"\r\n\r\n{", b"\r\n\r\n28\r\n{"
    )
    with raw(client) as connection:
        for piece in (
            asked[:60],
            asked[60:-20],
            asked[-20:] + get("/health/live", *offer) + chunked,
            b"\r\n0\r\n\r\n",
        ):
            connection.send(piece)
            time.sleep(pause)
        replies = [connection.reply("POST"), connection.reply("GET"), connection.reply("POST")]
        connection.send(get())
        replies.append(connection.reply("GET"))
    assert [reply and (reply.status, reply.closes) for reply in replies] == [(200, False)] * 4
    assert [json.loads(reply.body)["seed"] for reply in (replies[0], replies[2]) if reply] == [5, 5]


def test_http_1_0_is_answered_and_ends(client: httpx.Client) -> None:
    """As it always did."""
    with raw(client) as connection:
        connection.send(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
        replies = connection.replies()
    assert [reply.status for reply in replies] == [200]


def test_a_client_that_sends_no_more_is_still_answered(client: httpx.Client) -> None:
    """A connection that is half closed can be written to."""
    with raw(client) as connection:
        connection.send(post() + post())
        connection.connection.shutdown(1)
        replies = connection.replies()
    assert [reply.status for reply in replies] == [200, 200]


LINES = st.text(st.characters(max_codepoint=255), max_size=60).map(lambda text: text.encode("latin-1"))
PIECES = st.lists(
    st.sampled_from(
        [
            b"GET /health/live HTTP/1.1\r\n", b"POST /v1/posterior HTTP/1.1\r\n", b"Host: 127.0.0.1\r\n",
            b"Content-Type: application/json\r\n", b"Content-Length: 17\r\n", b"Transfer-Encoding: chunked\r\n",
            b"\r\n", b'{"judgments": []}', b"11\r\n", b"0\r\n\r\n", b"Connection: close\r\n", b"\n",
            b"Expect: 100-continue\r\n",
        ]
    )
    | LINES,
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=PIECES)
def test_whatever_bytes_come_every_reply_is_one_of_ours_and_none_is_our_fault(
    client: httpx.Client, pieces: list[bytes]
) -> None:
    """Pieces of requests in any order: replies parse, carry an id, and are never a 5xx."""
    with raw(client) as connection:
        try:
            connection.send(b"".join(pieces))
            connection.connection.shutdown(1)
        except OSError:
            return
        for reply in connection.replies():
            assert reply.status < 500
            assert reply.headers["x-request-id"]


@given(
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    version=st.sampled_from(["0.9", "1.0", "1.1", "2.0"]),
)
def test_a_host_that_is_read_is_a_name_and_a_port(value: str, version: str) -> None:
    """By Python's own splitter of authorities: nothing but a name and a port is left over."""
    from urllib.parse import urlsplit

    refused = head_refusal(version=version, target=b"/", headers={b"host": value.encode()})
    if refused is None:
        assert version in ("1.0", "1.1")
        parts = urlsplit(f"http://{value}/p")
        assert (parts.netloc, parts.path, parts.query, parts.username) == (value, "/p", "", None)
