"""Who is refused before the body is read, and what becomes of the connection then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from serving.bodies import GOOD
from serving.raw import get, post, raw

if TYPE_CHECKING:
    import httpx

CONTINUE = "Expect: 100-continue"
MIB = 1 << 20


def test_a_client_that_asks_whether_to_go_on_is_told_to(client: httpx.Client) -> None:
    """100 first, then the answer; and the connection can be used again."""
    head, body = post(GOOD.encode(), CONTINUE)[: -len(GOOD)], GOOD.encode()
    with raw(client) as connection:
        connection.send(head)
        time.sleep(0.1)
        connection.send(body)
        reply = connection.reply()
        assert reply is not None
        assert (reply.status, reply.interim, reply.closes) == (200, (100,), False)
        connection.send(get())
        assert connection.reply() is not None


def test_a_client_that_asks_whether_to_go_on_and_is_refused_sends_nothing(client: httpx.Client) -> None:
    """No 100; and the connection ends, for who knows whether the body comes after all (RFC 9110, 10.1.1)."""
    refused = {
        415: post(b"x" * 9, CONTINUE).replace(b"application/json", b"text/plain"),
        413: post(b"", CONTINUE).replace(b"Content-Length: 0", b"Content-Length: 9000000"),
        404: post(b"x" * 9, CONTINUE, path="/nowhere"),
        403: post(b"x" * 9, CONTINUE, "Origin: http://evil.example"),
    }
    for status, request in refused.items():
        with raw(client) as connection:
            connection.send(request.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            replies = connection.replies()
        assert [(reply.status, reply.interim, reply.closes) for reply in replies] == [(status, (), True)]


def test_http_1_0_is_never_told_to_go_on(client: httpx.Client) -> None:
    """It knows no interim replies."""
    with raw(client) as connection:
        connection.send(post(GOOD.encode(), CONTINUE).replace(b"HTTP/1.1", b"HTTP/1.0"))
        replies = connection.replies()
    assert [(reply.status, reply.interim) for reply in replies] == [(200, ())]


@pytest.mark.parametrize("mebibytes", [9, 33, 10_000])
def test_a_body_announced_too_long_is_refused_before_any_of_it_comes(
    client: httpx.Client, mebibytes: int
) -> None:
    """At once; up to four times the limit the connection lives on if the body follows, beyond it ends."""
    head = post(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (mebibytes * MIB))
    with raw(client) as connection:
        connection.send(head)
        reply = connection.reply()
        assert reply is not None
        assert reply.status == 413
        assert reply.kind == "too-large"
        assert reply.closes == (mebibytes > 32)
        if not reply.closes:
            for _ in range(mebibytes):
                connection.send(b" " * MIB)
            connection.send(post())
            after = connection.reply()
            assert after is not None
            assert after.status == 200


def test_a_body_without_end_that_nobody_reads_is_cut_off(client: httpx.Client) -> None:
    """In chunks, after its refusal: at most four times the limit is taken in."""
    sent = 0
    with raw(client) as connection:
        connection.send(
            post(b"", path="/nowhere").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        )
        try:
            while sent < 64 * MIB:
                connection.send(b"100000\r\n" + b" " * MIB + b"\r\n")
                sent += MIB
        except OSError:
            pass
    assert sent < 64 * MIB


def test_requests_sent_ahead_are_answered_in_order(client: httpx.Client) -> None:
    """Sixty at once, good and bad."""
    wanted = [(200, b'{"judgments": []}'), (400, b"{"), (422, b"{}")] * 20
    with raw(client) as connection:
        connection.send(b"".join(post(body, f"X-Request-Id: n{n}") for n, (_, body) in enumerate(wanted)))
        replies = [connection.reply() for _ in wanted]
    assert [reply and (reply.status, reply.headers["x-request-id"]) for reply in replies] == [
        (status, f"n{n}") for n, (status, _) in enumerate(wanted)
    ]


def test_too_many_requests_sent_ahead_are_refused_after_the_answers_to_the_first(
    client: httpx.Client,
) -> None:
    """A thousand at once: so many are answered, then the connection ends with a refusal."""
    with raw(client) as connection:
        connection.send(post() * 1000)
        replies = connection.replies()
    assert [reply.status for reply in replies[:-1]] == [200] * (len(replies) - 1)
    assert 64 <= len(replies) < 1000
    assert (replies[-1].status, replies[-1].closes) == (400, True)
