"""A fault of our own while a request is read is no fault of the client's: 500, with its id, counted and logged."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.serving import Admission, create_app
from serving.raw import post, raw
from serving.test_metrics import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FAULTS = {
    "an error of arithmetic": lambda: ZeroDivisionError("of ada"),
    "an error of text, as an odd target makes": lambda: UnicodeDecodeError("ascii", b"\xe9", 0, 1, "of ada"),
    "an error of a look-up": lambda: KeyError("of ada"),
}


class Faulty(Admission):
    """Asked about the first posterior while its headers are read, it breaks; later it lets everybody in."""

    __slots__ = ()
    faults: list[Exception] = []  # noqa: RUF012 one for all, so that the value stays frozen

    def admit(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        if path == "/v1/posterior" and self.faults:
            raise self.faults.pop()
        super().admit(path, headers)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_our_own_while_a_request_is_read_is_a_500_with_its_id(
    engine: Engine, serve: Serve, caplog: pytest.LogCaptureFixture, fault: Callable[[], Exception]
) -> None:
    """The line names the request and where it happened; the next request is answered."""
    Faulty.faults[:] = [fault()]
    traced = f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01"
    with serve(create_app(lambda: engine, admission=Faulty())) as (client, _):
        with raw(client) as connection:
            connection.send(post(b'{"judgments": []}', "X-Request-Id: me", traced))
            reply = connection.reply()
            assert connection.ended()
        with raw(client) as connection:
            connection.send(post())
            after = connection.reply()
        counted = sample(client, "bayesian_verifier_http_requests_total", route="/v1/posterior", status="500")
        refused = sample(client, "bayesian_verifier_http_refusals_total", reason="internal")
    assert reply is not None
    assert (reply.status, reply.kind, reply.closes) == (500, "internal", True)
    assert reply.headers["x-request-id"] == "me"
    assert b"ada" not in reply.body
    assert after is not None
    assert after.status == 200
    assert (counted, refused) == (1, 1)
    [line] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert (vars(line)["request_id"], vars(line)["trace_id"]) == ("me", TRACE)
    assert line.exc_info is not None
    assert type(line.exc_info[1]) is type(fault())


def test_a_refusal_that_fails_is_a_500_too(
    engine: Engine, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """No id can be made for the first that is refused at a full queue; for the second answer to it one can."""
    ids = iter([None, "made", "again"])

    def new_id() -> str:
        if (made := next(ids)) is None:
            raise RuntimeError("no id")
        return made

    app = create_app(lambda: engine, queue_limit=1, new_id=new_id)
    with (
        serve(app, wait_until_ready=False) as (client, _),
        raw(client) as connection,
    ):
        while not app.state.service.is_loaded:
            time.sleep(0.01)
        with app.state.service.worker.place():
            connection.send(post())
            reply = connection.reply()
    assert reply is not None
    assert (reply.status, reply.kind) == (500, "internal")
    assert reply.headers["x-request-id"] == "made"
    [line] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert vars(line)["request_id"] == "made"
