"""However a body is cut, packed or broken off on its way, it is read as what it is or refused; never a 5xx."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.bodies import ANYTHING, CORPUS, GOOD
from serving.raw import get, post, raw

if TYPE_CHECKING:
    import httpx

INFER = "/v2/models/closed-form/infer"
ROUTES = ("/v1/posterior", "/v1/posteriors", INFER)
SMALL = {name: case for name, case in CORPUS.items() if len(case[0]) < 10_000}


def chunked(body: bytes, cuts: list[int], extension: bytes = b"", path: str = "/v1/posterior") -> bytes:
    """A request whose body comes in chunks, cut at these places."""
    places = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    pieces = [body[start:end] for start, end in pairwise(places) if end > start]
    head = post(b"", path=path).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    return head + b"".join(b"%x%b\r\n%b\r\n" % (len(p), extension, p) for p in pieces) + b"0\r\n\r\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SMALL)),
    cuts=st.lists(st.integers(0, 2000), max_size=8),
    extension=st.sampled_from([b"", b";a", b";a=b", b';a="b c"']),
    pieces=st.lists(st.integers(1, 400), max_size=4),
)
def test_a_bad_body_gets_the_same_refusal_in_chunks(
    client: httpx.Client, name: str, cuts: list[int], extension: bytes, pieces: list[int]
) -> None:
    """Wherever it is cut, by chunks and by packets; and the connection can be used again."""
    body, status = CORPUS[name]
    rest = chunked(body, cuts, extension)
    with raw(client) as connection:
        for piece in pieces:
            connection.send(rest[:piece])
            rest = rest[piece:]
        connection.send(rest + get())
        refused, alive = connection.reply(), connection.reply("GET")
    assert refused is not None
    assert refused.status == status
    assert refused.problem
    assert alive is not None
    assert alive.status == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_a_good_body_gets_the_same_posterior_in_chunks(client: httpx.Client, cuts: list[int]) -> None:
    """Byte for byte, but for its id and times."""
    whole = client.post("/v1/posterior", content=GOOD, headers={"content-type": "application/json"}).json()
    with raw(client) as connection:
        connection.send(chunked(GOOD.encode(), cuts))
        reply = connection.reply()
    assert reply is not None
    cut = json.loads(reply.body)
    for answer in (whole, cut):
        del answer["request_id"], answer["timing_ms"]
    assert cut == whole


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "encoding", ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, gzip", "identity, gzip"]
)
def test_what_is_compressed_is_refused_unread(client: httpx.Client, path: str, encoding: str) -> None:
    """Whether it is what it says or not: a bomb of a kilobyte unfolds to a megabyte."""
    bomb = gzip.compress(b" " * 1_000_000) if "gzip" in encoding else zlib.compress(b" " * 1_000_000)
    with raw(client) as connection:
        connection.send(post(bomb, f"Content-Encoding: {encoding}", path=path) + get())
        refused, alive = connection.reply(), connection.reply("GET")
    assert refused is not None
    assert (refused.status, refused.kind) == (415, "not-json-type")
    assert alive is not None


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_that_breaks_off_is_nobodys(client: httpx.Client, path: str, how: str) -> None:
    """The client closes its side in the midst of it: no reply, nothing queued, nothing counted as our fault."""
    body = GOOD.encode()
    request = post(body, path=path) if how == "length" else chunked(body, [20, 40], path=path)
    for keep in (-1, -30, -len(body) // 2):
        with raw(client) as connection:
            connection.send(request[:keep])
            connection.connection.shutdown(1)
            assert connection.ended()
    deadline = time.monotonic() + 60
    while client.get("/health").json()["queue"]["waiting"]:
        assert time.monotonic() < deadline
    assert 'status="500"' not in client.get("/metrics").text


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("charset", ["utf-16", "utf-8-sig", "latin-1", "us-ascii", "utf-7", '"utf-16"', "x"])
def test_only_utf_8_is_json(client: httpx.Client, path: str, charset: str) -> None:
    """By what the header says; what the bytes are is in the corpus."""
    kind = f"application/json; charset={charset}"
    reply = client.post(path, content=GOOD, headers={"content-type": kind})
    assert reply.status_code == 415


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("name", sorted(CORPUS))
def test_no_route_has_a_fault_of_its_own(client: httpx.Client, path: str, name: str) -> None:
    """What is bad for one is bad for each, alone and as the one element of a list."""
    body, _ = CORPUS[name]
    for sent in (body, b"[" + body + b"]"):
        reply = client.post(path, content=sent, headers={"content-type": "application/json"})
        assert reply.status_code in (200, 400, 413, 422), reply.text
        if reply.status_code == 200:
            assert path == "/v1/posteriors"
            assert all(400 <= one["status"] < 500 for one in reply.json())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANYTHING, path=st.sampled_from(ROUTES), length=st.integers(0, 400))
def test_a_length_that_is_not_the_bodys_harms_only_its_sender(
    client: httpx.Client, body: object, path: str, length: int
) -> None:
    """Too short: the rest is no request. Too long: the rest is waited for. Each reply is ours, none a 5xx."""
    text = json.dumps(body).encode()
    request = post(text, path=path).replace(b"Content-Length: %d" % len(text), b"Content-Length: %d" % length)
    with raw(client) as connection:
        connection.send(request)
        connection.connection.shutdown(1)
        replies = connection.replies()
    assert all(reply.status < 500 for reply in replies)
    assert len(replies) <= 2
