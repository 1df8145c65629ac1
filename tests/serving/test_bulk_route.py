"""Many posteriors in one request: each body gets what it would have got alone."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayesian_verifier.serving import create_app
from serving.bodies import ANYTHING, BODIES, CORPUS, GOOD, JSON, assert_problem, no_number_is_missing
from serving.closed_form import judgment
from serving.test_metrics import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

ROUTE = "/v1/posteriors"
DRAW = {"judgments": [], "draws": 1}


def alone(client: httpx.Client, body: bytes) -> bytes:
    """What POST /v1/posterior answers, without what differs from call to call."""
    return timeless(client.post("/v1/posterior", content=body, headers=JSON).content)


def timeless(reply: bytes) -> bytes:
    """A reply without ids and times."""
    return re.sub(rb'"(request_id":"[^"]*"|timing_ms":\{[^}]*\})', b"", reply)


def test_every_body_gets_the_bytes_it_would_have_got_alone(client: httpx.Client) -> None:
    """In their order, refused ones among them; ids and times aside."""
    bodies = [
        json.dumps({"judgments": [judgment(0.3)] * 40}).encode(),
        json.dumps({"judgments": [judgment(9.0)]}).encode(),
        json.dumps({"judgments": [judgment(-1.0, subject="Zoë \\")], "draws": 5, "seed": 3}).encode(),
        b"null",
        b'{"judgments": []}',
    ]
    reply = client.post(ROUTE, content=b" [" + b" ,\n".join(bodies) + b"]", headers=JSON)
    assert reply.status_code == 200
    assert timeless(reply.content) == b"[" + b",".join(alone(client, body) for body in bodies) + b"]"


@pytest.mark.parametrize(("body", "status"), CORPUS.values(), ids=CORPUS)
def test_a_bad_body_spoils_none_of_the_others(
    client: httpx.Client, request: pytest.FixtureRequest, body: bytes, status: int
) -> None:
    """Between two good ones it is refused as it would be alone; only what is no JSON at all spoils the list."""
    text = b"[%s,%s,%s]" % (GOOD.encode(), body, GOOD.encode())
    reply = client.post(ROUTE, content=text, headers=JSON)
    if len(body) > 8 * 1024 * 1024:
        assert_problem(reply, 413)
    elif status == 400 and "a name twice" not in request.node.callspec.id:
        assert_problem(reply, 400)
    else:
        expected = [alone(client, one) for one in (GOOD.encode(), body, GOOD.encode())]
        assert timeless(reply.content) == b"[" + b",".join(expected) + b"]"
        assert reply.json()[1]["status"] == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[", 400),
        (b"[NaN]", 400),
        (b"{}", 422),
        (b'{"judgments": []}', 422),
        (b"1", 422),
        (b"[" + b"{}," * 64 + b"{}]", 413),
        (b"[" * 2000 + b"]" * 2000, 400),
    ],
)
def test_what_is_no_list_of_at_most_64_is_refused_as_a_whole(
    client: httpx.Client, body: bytes, status: int
) -> None:
    """With the status of the contract."""
    assert_problem(client.post(ROUTE, content=body, headers=JSON), status)


def test_no_bodies_are_no_answers(client: httpx.Client) -> None:
    """An empty list."""
    assert client.post(ROUTE, json=[]).json() == []


def test_sixty_four_people_get_their_own_means(client: httpx.Client) -> None:
    """One reward x each: r ~ N(x/2, 1/2)."""
    rewards = [n / 32 - 1 for n in range(64)]
    said = client.post(ROUTE, json=[{"judgments": [judgment(reward)]} for reward in rewards]).json()
    means = [one["posterior"]["risk_aversion"]["mean"] for one in said]
    assert means == pytest.approx([reward / 2 for reward in rewards], abs=1e-3)


@pytest.mark.parametrize("given_id", ["abc", "x" * 128])
def test_ids_lead_back_to_the_request(client: httpx.Client, given_id: str) -> None:
    """Its own and the place in the list; what is too long is cut."""
    reply = client.post(ROUTE, json=[DRAW] * 12, headers={"x-request-id": given_id})
    ids = [one["request_id"] for one in reply.json()]
    assert reply.headers["x-request-id"] == given_id
    assert ids == [given_id[: 127 - len(str(n))] + f".{n}" for n in range(12)]


def test_queue_times_do_not_count_the_neighbours_twice(client: httpx.Client) -> None:
    """Waiting and inference of all bodies together are no more than the whole took."""
    began = time.perf_counter()
    said = client.post(ROUTE, json=[{"judgments": [judgment(0.5)] * 200}] * 20).json()
    seconds = time.perf_counter() - began
    assert sum(sum(one["timing_ms"].values()) for one in said) <= 1e3 * seconds


def test_a_single_request_does_not_wait_for_a_whole_list(engine: Engine, serve: Serve) -> None:
    """Sent while the first of ten bodies is worked on, it is answered while nine are still to come."""
    begun, go_on = threading.Event(), threading.Semaphore(0)

    def held_seed() -> int:
        begun.set()
        assert go_on.acquire(timeout=30)
        return 1

    with serve(create_app(lambda: engine, make_seed=held_seed)) as (client, _), ThreadPoolExecutor(2) as pool:
        many = pool.submit(client.post, ROUTE, json=[DRAW] * 10)
        assert begun.wait(60)
        one = pool.submit(client.post, "/v1/posterior", json={"judgments": []})
        while client.get("/health").json()["queue"]["waiting"] < 2:
            time.sleep(0.005)
        go_on.release()
        assert one.result(60).status_code == 200
        assert not many.done()
        go_on.release(9)
        assert [said["seed"] for said in many.result(60).json()] == [1] * 10


def test_a_list_that_is_not_done_in_time_is_refused_and_left(engine: Engine, serve: Serve) -> None:
    """Of twenty bodies of 50 ms each, some are begun within 200 ms, then none; the whole is a 504."""
    calls, now = [], [0.0]

    def slow_seed() -> int:
        now[0] += 0.05
        calls.append(now[0])
        return 1

    with serve(create_app(lambda: engine, make_seed=slow_seed, clock=lambda: now[0])) as (client, _):
        reply = client.post(ROUTE, json=[DRAW] * 20, headers={"x-request-timeout-ms": "200"})
        assert_problem(reply, 504)
        assert 1 <= len(calls) <= 5
        begun = len(calls)
        at_once = client.post(ROUTE, json=[DRAW] * 20, headers={"x-request-timeout-ms": "200"})
        assert_problem(at_once, 504)
        assert len(calls) == begun
        assert client.get("/health").json()["queue"]["waiting"] == 0


def test_a_full_queue_refuses_a_list_as_it_does_a_single(engine: Engine, serve: Serve) -> None:
    """And a list that is being answered holds one place, however long it is."""
    begun, go_on = threading.Event(), threading.Event()

    def held_seed() -> int:
        begun.set()
        go_on.wait(30)
        return 1

    with (
        serve(create_app(lambda: engine, make_seed=held_seed, queue_limit=1)) as (client, _),
        ThreadPoolExecutor(1) as pool,
    ):
        many = pool.submit(client.post, ROUTE, json=[DRAW] * 5)
        assert begun.wait(60)
        assert client.get("/health").json()["queue"]["waiting"] == 1
        refused = client.post(ROUTE, json=[DRAW])
        assert_problem(refused, 429)
        assert int(refused.headers["retry-after"]) >= 1
        go_on.set()
        assert len(many.result(10).json()) == 5


def test_our_own_fault_in_one_body_is_a_500_among_answers(engine: Engine, serve: Serve) -> None:
    """Saying nothing; the others are answered."""

    def broken_seed() -> int:
        raise RuntimeError("secret detail")

    with serve(create_app(lambda: engine, make_seed=broken_seed)) as (client, _):
        reply = client.post(ROUTE, json=[{"judgments": []}, DRAW, {"judgments": []}])
    assert reply.status_code == 200
    assert [one.get("status") for one in reply.json()] == [None, 500, None]
    assert "secret" not in reply.text


def test_before_the_model_is_loaded_the_whole_is_refused(engine: Engine, serve: Serve) -> None:
    """As a single is: 503."""
    may_load = threading.Event()

    def load() -> Engine:
        may_load.wait(30)
        return engine

    with serve(create_app(load), wait_until_ready=False) as (client, _):
        assert_problem(client.post(ROUTE, json=[DRAW]), 503)
        may_load.set()


def test_each_posterior_of_a_list_is_counted(engine: Engine, serve: Serve) -> None:
    """Two of three bodies; the request once."""
    with serve(create_app(lambda: engine)) as (client, _):
        client.post(ROUTE, json=[{"judgments": [judgment(1.0)] * 7}, {}, {"judgments": []}])
        assert sample(client, "bayesian_verifier_inference_duration_seconds_count") == 2
        assert sample(client, "bayesian_verifier_evidence_judgments_sum") == 7
        assert sample(client, "bayesian_verifier_http_requests_total", route=ROUTE, status="200") == 1


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "text/plain"}, {"content-type": "application/json", "content-encoding": "gzip"}],
)
def test_only_json_is_read(client: httpx.Client, headers: dict[str, str]) -> None:
    """As on the single route."""
    assert_problem(client.post(ROUTE, content=b"[]", headers=headers), 415)


def answered_or_refused(post: Callable[..., httpx.Response], body: bytes) -> None:
    """A list of finite posteriors and problems, or one problem; never a 5xx."""
    reply = post(ROUTE, content=body, headers=JSON)
    assert reply.status_code in (200, 400, 413, 422), reply.text
    assert no_number_is_missing(reply.json())
    if reply.status_code == 200:
        assert all("posterior" in one or one["status"] in (400, 413, 422) for one in reply.json())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(BODIES | ANYTHING, max_size=4) | ANYTHING, ascii_only=st.booleans())
def test_any_json_is_answered_or_refused(client: httpx.Client, body: object, ascii_only: bool) -> None:
    """Whatever JSON can say, however it is spelled."""
    answered_or_refused(client.post, json.dumps(body, ensure_ascii=ascii_only).encode(errors="replace"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inside=st.binary(max_size=200))
def test_any_bytes_are_answered_or_refused(client: httpx.Client, inside: bytes) -> None:
    """Alone, or where a body should be."""
    answered_or_refused(client.post, inside)
    answered_or_refused(client.post, b'[{"judgments": []}, ' + inside + b"]")
