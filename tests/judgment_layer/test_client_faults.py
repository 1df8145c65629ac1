"""Does every fault end in time, under its own name? Over real sockets, blocking and in an event loop."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import (
    QUANTILES,
    Behaviour,
    FaultyServer,
    answering,
    black_hole,
    document,
    endless_body,
    endless_hints,
    hang_up,
    hang_up_in_the_middle,
    http,
    raw,
    reset,
    risk_aversion,
    silent,
    status,
    trickling,
    unused_port,
    with_parts,
)
from people import safe_times

from bayesian_verifier import VerifierClient, aio

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer import Outcome
    from stalls import Stalls

TIMEOUT = 0.2
# For what something else than the deadline is to end, within TIMEOUT all the same: longer than any machine stalls.
PATIENT = 10.0
AT_ONCE: dict[str, Any] = {"timeout": PATIENT, "within": TIMEOUT}
# What a machine that stalls for no longer may add; every fault below would otherwise last for seconds or for ever.
MARGIN = 0.3

Ask = Callable[..., "Outcome"]


def _ask_blocking(url: str, judgments: list[Judgment], **settings: Any) -> Outcome:  # noqa: ANN401
    with VerifierClient(url, **settings) as client:
        return client.posterior(judgments)


def _ask_in_a_loop(url: str, judgments: list[Judgment], **settings: Any) -> Outcome:  # noqa: ANN401
    async def ask() -> Outcome:
        async with aio.VerifierClient(url, **settings) as client:
            return await client.posterior(judgments)

    return asyncio.run(ask())


@pytest.fixture(params=[_ask_blocking, _ask_in_a_loop], ids=["blocking", "asyncio"])
def ask(request: pytest.FixtureRequest, stalls: Stalls) -> Ask:
    """Ask once with a new client, in time."""
    return partial(timed, stalls, request.param)


def timed(
    stalls: Stalls,
    ask: Ask,
    url: str,
    judgments: list[Judgment] | None = None,
    *,
    timeout: float = TIMEOUT,
    within: float | None = None,
    **settings: Any,  # noqa: ANN401
) -> Outcome:
    """Ask, and see that the outcome came in time and is one: a posterior or a reason, never both or neither.

    within: seconds that it may take where that is not the timeout.
    """
    start = time.monotonic()
    outcome = ask(url, safe_times(4) if judgments is None else judgments, timeout=timeout, **settings)
    late = time.monotonic() - start - (timeout if within is None else within)
    assert late < MARGIN + stalls.lost(start)
    assert (outcome.posterior is None) != (outcome.reason is None)
    return outcome


def nan_body(request: object) -> bytes:
    return json.dumps(document(request)).replace("0.61", "NaN").encode()  # type: ignore[arg-type]


BEHAVIOURS: dict[str, tuple[Behaviour, str]] = {
    "never answers": (silent, "timeout"),
    "a byte at a time": (trickling, "timeout"),
    "hints for ever": (endless_hints, "timeout"),
    "a hundred hints": (raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100), "invalid_reply"),
    "a thousand chunks": (
        raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 1000),
        "invalid_reply",
    ),
    "thousands of values": (with_parts(draws=[0] * 3000), "invalid_reply"),
    "packed": (
        raw(http(gzip.compress(b" " * 10_000_000), headers="content-encoding: gzip\r\n")),
        "invalid_reply",
    ),
    "504": (status("504 Gateway Timeout"), "timeout"),
    "closes": (hang_up, "unreachable"),
    "resets": (reset, "unreachable"),
    "closes in the body": (hang_up_in_the_middle, "unreachable"),
    "closes in the head": (raw(b"HTTP/1.1 200 OK\r\ncontent-le"), "unreachable"),
    "429": (status("429 Too Many Requests"), "overloaded"),
    "503": (status("503 Service Unavailable", b""), "overloaded"),
    "500": (status("500 Internal Server Error"), "server_error"),
    "502 with a page": (status("502 Bad Gateway", b"<html>"), "server_error"),
    "401": (status("401 Unauthorized"), "server_error"),
    "404": (status("404 Not Found", b"[]"), "server_error"),
    "409": (status("409 Conflict"), "server_error"),
    "422": (status("422 Unprocessable Content"), "server_error"),
    "301": (status("301 Moved Permanently"), "server_error"),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "server_error"),
    "garbage": (raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 40), "invalid_reply"),
    "another protocol": (raw(b"220 mail.example.org ESMTP\r\n\r\n"), "invalid_reply"),
    "a switch of protocol": (
        raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        "invalid_reply",
    ),
    "two lengths": (
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"),
        "invalid_reply",
    ),
    "a head without end": (raw(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000), "invalid_reply"),
    "a body without end": (endless_body, "invalid_reply"),
    "a body said to be huge": (
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"),
        "invalid_reply",
    ),
    "not JSON": (answering(lambda _: b"<html>"), "invalid_reply"),
    "no body": (answering(lambda _: b""), "invalid_reply"),
    "not UTF-8": (answering(lambda _: b'{"a":"\xff"}'), "invalid_reply"),
    "a list": (answering(lambda _: b"[]"), "invalid_reply"),
    "an empty object": (answering(lambda _: b"{}"), "invalid_reply"),
    "deep nesting": (answering(lambda _: b"[" * 200_000), "invalid_reply"),
    "NaN": (answering(nan_body), "invalid_reply"),
    "NaN elsewhere": (with_parts(draws=float("nan")), "invalid_reply"),
    "a mean of 1e999": (
        answering(lambda request: json.dumps(document(request)).replace("0.61", "1e999").encode()),
        "invalid_reply",
    ),
    "a mean as text": (risk_aversion(mean="0.61"), "invalid_reply"),
    "a mean of true": (risk_aversion(mean=True), "invalid_reply"),
    "a mean beyond sense": (risk_aversion(mean=10.5), "invalid_reply"),
    "sd 0": (risk_aversion(sd=0.0), "invalid_reply"),
    "sd below 0": (risk_aversion(sd=-0.18), "invalid_reply"),
    "sd beyond sense": (risk_aversion(sd=11.0), "invalid_reply"),
    "no sd": (with_parts(posterior={"risk_aversion": {"mean": 0.61}}), "invalid_reply"),
    "no risk_aversion": (with_parts(posterior={"choice_noise": {}}), "invalid_reply"),
    "quantiles in disorder": (
        risk_aversion(quantiles=QUANTILES | {"0.25": 0.6, "0.5": 0.55}),
        "invalid_reply",
    ),
    "a quantile missing": (risk_aversion(quantiles={"0.05": 0.3}), "invalid_reply"),
    "quantiles of another belief": (risk_aversion(mean=-2.0), "invalid_reply"),
    "another request's id": (with_parts(request_id="somebody-else"), "invalid_reply"),
    "another id in the header": (answering(headers="x-request-id: somebody-else\r\n"), "invalid_reply"),
    "no model": (with_parts(model={"name": "bayesian-verifier"}), "invalid_reply"),
    "no version": (with_parts(model={"name": "x", "version": ""}), "invalid_reply"),
    "another version in the header": (answering(headers="x-model-version: m2\r\n"), "invalid_reply"),
    "another number of judgments": (
        with_parts(evidence={"judgments": 9, "informative": 9, "refuted": 0}),
        "invalid_reply",
    ),
    "more informative than sent": (
        with_parts(evidence={"judgments": 10, "informative": 11, "refuted": 0}),
        "invalid_reply",
    ),
    "no checks": (with_parts(checks={}), "invalid_reply"),
    "trust as text": (with_parts(checks={"trustworthy": "yes", "reasons": []}), "invalid_reply"),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_fault_has_its_reason_and_ends_in_time(ask: Ask, name: str) -> None:
    """Whatever the server does; and it is asked once, never again."""
    behaviour, reason = BEHAVIOURS[name]
    with FaultyServer(behaviour) as server:
        outcome = ask(server.url, **({} if reason == "timeout" else AT_ONCE))
        assert (outcome.reason, len(server.requests)) == (reason, 1)
        assert outcome.detail


def test_a_good_reply_is_read(ask: Ask) -> None:
    """All that the layer needs of it."""
    with FaultyServer(answering()) as server:
        outcome = ask(server.url, timeout=2.0)
    assert outcome.reason is None
    assert outcome.posterior is not None
    assert (outcome.posterior.belief.mean, outcome.posterior.belief.sd) == (0.61, 0.18)
    assert outcome.posterior.belief.quantiles == tuple(QUANTILES.values())
    assert outcome.posterior.model_version == "2026-11-23T10-00-00Z-1f3c"
    assert (outcome.posterior.informative, outcome.posterior.trustworthy) == (10, True)
    assert 0 < outcome.elapsed_ms < 2300


def test_a_reply_without_length_ends_with_the_connection(ask: Ask) -> None:
    """As HTTP/1.0 does it, and in chunks."""

    def until_closed(client: socket.socket, request: Any, _stop: object) -> bool:  # noqa: ANN401
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(document(request)).encode())
        return False

    def chunked(client: socket.socket, request: Any, _stop: object) -> bool:  # noqa: ANN401
        body = json.dumps(document(request)).encode()
        parts = b"".join(
            b"%x\r\n%b\r\n" % (len(body[i : i + 50]), body[i : i + 50]) for i in range(0, len(body), 50)
        )
        client.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n")
        return True

    for behaviour in (until_closed, chunked):
        with FaultyServer(behaviour) as server:
            assert ask(server.url, timeout=2.0).reason is None


def test_nobody_listens(ask: Ask) -> None:
    """Refused at once."""
    outcome = ask(f"http://127.0.0.1:{unused_port()}", **AT_ONCE)
    assert outcome.reason == "unreachable"
    assert outcome.elapsed_ms < PATIENT * 1e3


def test_a_connection_that_is_never_accepted(ask: Ask) -> None:
    """The system holds it in suspense."""
    with black_hole() as url:
        assert ask(url).reason == "timeout"


def test_a_server_that_does_not_read(ask: Ask) -> None:
    """More is sent than the system will hold for it."""
    many = safe_times(4) * 50
    with FaultyServer(silent, reads=False) as server:
        assert ask(server.url, many).reason == "timeout"


def test_a_name_service_that_takes_its_time(ask: Ask) -> None:
    """Its wait is bounded by the same deadline."""

    def slow(*_: object, **__: object) -> list[Any]:
        time.sleep(1.5)
        return []

    assert ask("http://verifier.internal:8080", lookup=slow).reason == "timeout"


def test_a_name_without_address(ask: Ask) -> None:
    """The name service says no, has nothing, or breaks."""

    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def nothing(*_: object, **__: object) -> list[Any]:
        return []

    def broken(*_: object, **__: object) -> list[Any]:
        raise RuntimeError("bug")

    for lookup in (unknown, nothing, broken):
        assert ask("http://verifier.internal:8080", lookup=lookup, **AT_ONCE).reason == "unreachable"


def test_the_next_address_is_tried(ask: Ask) -> None:
    """The first refuses or holds in suspense: it may use up its share of the time, not all of it."""
    with FaultyServer(answering()) as server, black_hole() as url:
        for dead in (unused_port(), int(url.rpartition(":")[2])):
            found = [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
                for port in (dead, server.port)
            ]
            outcome = ask("http://verifier.internal", lookup=lambda *_, f=found, **__: f, timeout=2.0)
            assert outcome.reason is None


def test_a_real_name_is_found(ask: Ask) -> None:
    """By the system's own name service."""
    with FaultyServer(answering()) as server:
        assert ask(f"http://localhost:{server.port}", timeout=2.0).reason is None


def test_a_unix_socket_serves_as_well(ask: Ask, tmp_path: Path) -> None:
    """Present, absent, and left behind by a server that is gone."""
    path = tmp_path / "bv.sock"
    assert ask(f"http+unix://{path}", **AT_ONCE).reason == "unreachable"
    with FaultyServer(answering(), socket_path=path) as server:
        assert ask(server.url, timeout=2.0).reason is None
        assert server.requests[0].headers["host"] == "localhost"
        server.behaviour = silent
        assert ask(server.url).reason == "timeout"
    assert path.exists()
    assert ask(f"http+unix://{path}", **AT_ONCE).reason == "unreachable"


def test_a_unix_socket_whose_queue_is_full_is_overloaded(tmp_path: Path, stalls: Stalls) -> None:
    """The system says so at once."""
    path = tmp_path / "bv.sock"
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(str(path))
        full.listen(0)
        with socket.socket(socket.AF_UNIX) as queued:
            queued.connect(str(path))
            assert timed(stalls, _ask_blocking, f"http+unix://{path}", **AT_ONCE).reason == "overloaded"


def test_the_limit_on_a_reply_is_kept(ask: Ask) -> None:
    """One byte more is refused, exactly as many are read."""
    with FaultyServer(answering(headers="connection: close\r\n")) as server:
        length = len(json.dumps(document(_request())).encode())
        assert ask(server.url, timeout=2.0, max_reply_bytes=length).reason is None
        assert ask(server.url, timeout=2.0, max_reply_bytes=length - 1).reason == "invalid_reply"


def _request() -> Any:  # noqa: ANN401
    from faulty_server import Request

    return Request(1, "/", {"x-request-id": "0" * 49}, json.dumps({"judgments": [0] * 10}).encode())


def test_whole_responses_are_what_the_server_sends() -> None:
    """The server's own framing is right, or nothing above means anything."""
    assert http(b"{}").endswith(b"content-length: 2\r\n\r\n{}")
