"""What stands in the log: one JSON object a line, nothing of what a person chose, and few lines of a flood."""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.serving import JsonLines, TextLines, create_app
from bayesian_verifier.serving._request_log import Throttle, level_of
from bayesian_verifier.tracing import TraceContext
from serving.closed_form import judgment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

PARENT = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1)
# Amounts that occur nowhere else, a subject, and a value that a message would quote.
SECRETS = ("31415.9265", "Ada Lovelace", "2.71828182")


@contextmanager
def written(level: str = "DEBUG", formatter: logging.Formatter | None = None) -> Iterator[io.StringIO]:
    """What the package writes to its log, by the real formatter and a real handler."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter or JsonLines())
    logger = logging.getLogger("bayesian_verifier")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield stream
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def lines_of(stream: io.StringIO, event: str | None = None) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if event is None or line["event"] == event]


def secret_body() -> dict[str, Any]:
    one = judgment(0.5, subject=SECRETS[1], wealth=31415.9265)
    return {"judgments": [one]}


def test_a_request_is_one_line_with_its_ids_and_nothing_of_the_person(engine: Engine, serve: Serve) -> None:
    """At level debug: who asked, by ids; what for, by route; what came of it; how long it took."""
    with written() as stream, serve(create_app(lambda: engine)) as (client, _):
        headers = {"x-request-id": "r-1", "traceparent": PARENT.format()}
        assert client.post("/v1/posterior", json=secret_body(), headers=headers).status_code == 200
        version = client.get("/v1/model").json()["version"]
    line = next(one for one in lines_of(stream, "request") if one["request_id"] == "r-1")
    assert line["ts"].endswith("Z")
    assert line.pop("ts") < "9999"
    assert 0 < line.pop("duration_ms") < 30_000
    assert line == {
        "level": "debug",
        "event": "request",
        "request_id": "r-1",
        "trace_id": PARENT.trace_id,
        "span_id": PARENT.span_id,
        "method": "POST",
        "route": "/v1/posterior",
        "status": 200,
        "model_version": version,
        "logger": "bayesian_verifier.serving._request_log",
        "message": "/v1/posterior 200",
    }
    assert not any(secret in stream.getvalue() for secret in SECRETS)


@pytest.mark.parametrize("formatter", [JsonLines(), TextLines()])
def test_no_refusal_and_no_fault_puts_a_person_into_the_log(
    engine: Engine, serve: Serve, formatter: logging.Formatter
) -> None:
    """Neither values that break a rule, nor unknown names, nor paths, nor what an exception of ours says."""

    def broken_seed() -> int:
        raise RuntimeError(SECRETS[2])

    with (
        written(formatter=formatter) as stream,
        serve(create_app(lambda: engine, make_seed=broken_seed)) as (client, _),
    ):
        bad = secret_body()
        bad["judgments"][0]["chosen"] = SECRETS[1]
        assert client.post("/v1/posterior", json=bad).status_code == 422
        bad["judgments"][0] = {SECRETS[1]: 1}
        assert client.post("/v1/posterior", json=bad).status_code == 422
        assert client.post("/v1/posteriors", json=[bad, {"judgments": [], "draws": 1}]).status_code == 200
        assert client.get(f"/v1/{SECRETS[1]}?{SECRETS[0]}").status_code == 404
        state = {"judgments": [], "state": SECRETS[1]}
        assert client.post("/v1/posterior", json=state).status_code == 422
        assert client.post("/v1/posterior", json={**secret_body(), "draws": 1}).status_code == 500
    said = stream.getvalue()
    assert "RuntimeError" in said
    assert "broken_seed" in said
    assert not any(secret in said for secret in (*SECRETS, "Lovelace", "Ada%20"))


def test_a_fault_is_told_with_the_ids_it_is_found_by(engine: Engine, serve: Serve) -> None:
    """Once with its stack, at error, and once as the request's line, at warning."""

    def broken_seed() -> int:
        raise RuntimeError("of ours")

    with written("INFO") as stream, serve(create_app(lambda: engine, make_seed=broken_seed)) as (client, _):
        headers = {"x-request-id": "r-2", "traceparent": PARENT.format()}
        client.post("/v1/posterior", json={"judgments": [], "draws": 1}, headers=headers)
    fault, line = (one for one in lines_of(stream) if one.get("request_id") == "r-2")
    assert (fault["level"], fault["error"]["type"]) == ("error", "RuntimeError")
    assert "broken_seed" in fault["error"]["stack"]
    assert (line["level"], line["status"], line["reason"]) == ("warning", 500, "internal")
    assert fault["trace_id"] == line["trace_id"] == PARENT.trace_id


def test_what_goes_well_is_silent_at_info_and_refusals_are_not(engine: Engine, serve: Serve) -> None:
    """By kind of problem; a trace that is not one is not told."""
    with written("INFO") as stream, serve(create_app(lambda: engine)) as (client, _):
        client.get("/health/live")
        client.get("/nowhere", headers={"traceparent": "00-nonsense"})
        client.post("/v1/posterior", content=b"{", headers={"content-type": "application/json"})
    told = [(one["level"], one["route"], one["status"], one["reason"]) for one in lines_of(stream, "request")]
    assert told == [("info", "other", 404, "http"), ("info", "/v1/posterior", 400, "not-json")]
    assert "trace_id" not in stream.getvalue()


def test_of_a_flood_few_lines_are_written(engine: Engine, serve: Serve) -> None:
    """Ten of a kind; another kind is not kept out by it."""
    with written("INFO") as stream, serve(create_app(lambda: engine)) as (client, _):
        for _ in range(50):
            client.get("/nowhere")
        client.get("/v2/models/other")
    told = [one["route"] for one in lines_of(stream, "request")]
    assert told == ["other"] * 10 + ["/v2/models/{name}"]


@given(
    gaps=st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0]), max_size=60),
    kinds=st.lists(st.integers(0, 2), min_size=60, max_size=60),
)
def test_held_back_and_let_through_add_up_and_no_window_lets_too_many_through(
    gaps: list[float], kinds: list[int]
) -> None:
    """Three of a kind in any window of a second that began with a line; each held-back line is counted once."""
    now = 0.0
    throttle = Throttle(lambda: now, most=3, seconds=1.0)
    asked, told, held = [0] * 3, [0] * 3, [0] * 3
    passed: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for gap, kind in zip(gaps, kinds, strict=False):
        now += gap
        asked[kind] += 1
        before = throttle.admits(kind)
        if before is not None:
            told[kind] += 1
            held[kind] += before
            passed[kind].append(now)
    now += 10.0
    for kind in range(3):
        held[kind] += throttle.admits(kind) or 0
        assert told[kind] + held[kind] == asked[kind]
        # at most the end of one window and the beginning of the next
        assert all(sum(at <= one < at + 1.0 for one in passed[kind]) <= 6 for at in passed[kind])


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "DEBUG"), (304, "DEBUG"), (404, "INFO"), (429, "WARNING"), (500, "WARNING"), (503, "WARNING")],
)
def test_a_line_is_as_loud_as_what_it_says(status: int, level: str) -> None:
    """Good news at debug, the caller's faults at info, the service's at warning."""
    assert logging.getLevelName(level_of(status)) == level


@given(st.text(), st.dictionaries(st.sampled_from(["event", "route", "secret"]), st.text(), max_size=3))
def test_whatever_is_said_is_one_line_of_json_that_holds_it(message: str, fields: dict[str, str]) -> None:
    """Line ends and quotes cannot begin a second one; a field that is not named in the list is not written."""
    record = logging.LogRecord("a.b", logging.INFO, __file__, 1, "%s", (message,), None)
    vars(record).update(fields)
    line = JsonLines().format(record)
    assert len(line.splitlines()) == 1
    said = json.loads(line)
    assert said["message"] == message
    assert said.get("route") == fields.get("route")
    assert "secret" not in said


def test_a_fault_outside_of_any_request_is_told_in_full() -> None:
    """Why a model could not be loaded."""
    try:
        int("no room left")
    except ValueError as error:
        record = logging.LogRecord(
            "a", logging.ERROR, __file__, 1, "loading", None, (ValueError, error, None)
        )
    assert "no room left" in json.loads(JsonLines().format(record))["error"]["stack"]
    assert "no room left" in TextLines().format(record)
