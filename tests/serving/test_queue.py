"""One inference thread with a bounded queue: what does not fit is refused at once."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.serving import create_app
from bayesian_verifier.serving._pace import STALE_SECONDS, Pace
from bayesian_verifier.serving._problems import OutOfBudgetError, QueueFullError
from bayesian_verifier.serving._worker import Worker

if TYPE_CHECKING:
    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

DRAW = {"judgments": [], "draws": 1}


def test_full_queue_is_answered_429_with_a_time_to_come_back(engine: Engine, serve: Serve) -> None:
    """Two may wait; the third is refused in less than 5 ms of server time, and probes go on."""
    taken, go_on = threading.Event(), threading.Event()

    def slow_seed() -> int:
        taken.set()
        go_on.wait(30)
        return 1

    with serve(create_app(lambda: engine, queue_limit=2, make_seed=slow_seed)) as (client, _):
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(client.post, "/v1/posterior", json=DRAW) for _ in range(2)]
            assert taken.wait(60)
            while client.get("/health").json()["queue"]["waiting"] < 2:
                time.sleep(0.005)
            # the quickest of ten: the machine may have other work
            all_refused = [client.post("/v1/posterior", json=DRAW) for _ in range(10)]
            assert client.get("/health/ready").status_code == 200
            go_on.set()
            assert [one.result().status_code for one in waiting] == [200, 200]
        assert client.post("/v1/posterior", json=DRAW).status_code == 200
    assert {one.status_code for one in all_refused} == {429}
    refused = min(all_refused, key=lambda one: one.elapsed)
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.elapsed.total_seconds() < 0.1


def test_work_that_cannot_be_done_in_time_is_refused_at_once(client: httpx.Client) -> None:
    """A microsecond is less than any posterior took."""
    assert client.post("/v1/posterior", json=DRAW).status_code == 200
    refused = client.post("/v1/posterior", json=DRAW, headers={"x-request-timeout-ms": "0.001"})
    assert refused.status_code == 504
    assert refused.json()["type"].endswith("out-of-budget")


def test_no_answer_comes_later_than_the_deadline(engine: Engine, serve: Serve) -> None:
    """What became late on the way is a 504 as well."""
    with serve(create_app(lambda: engine, make_seed=lambda: time.sleep(0.2) or 1)) as (client, _):
        late = client.post("/v1/posterior", json=DRAW, headers={"x-request-timeout-ms": "50"})
        assert late.status_code == 504


def test_enough_time_is_enough(client: httpx.Client) -> None:
    """Ten seconds."""
    assert (
        client.post("/v1/posterior", json=DRAW, headers={"x-request-timeout-ms": "10000"}).status_code == 200
    )


@pytest.mark.parametrize(
    "budget", ["", "soon", "-1", "1e3", "NaN", "Infinity", "0x10", "1,5", "9" * 400, "5 5"]
)
def test_malformed_budget_is_a_400(client: httpx.Client, budget: str) -> None:
    """Milliseconds as a plain decimal number, nothing else."""
    reply = client.post("/v1/posterior", json=DRAW, headers={"x-request-timeout-ms": budget})
    assert reply.status_code == 400
    assert reply.json()["type"].endswith("malformed-header")


def test_a_queue_that_takes_too_long_is_refused_before_waiting_in_it() -> None:
    """One job took a second and another runs: who has half a second is refused while that one still runs."""
    now = [0.0]
    worker = Worker(8, lambda: now[0])
    gate = threading.Event()

    def one_second(_: float) -> None:
        now[0] += 1.0

    async def three() -> object:
        await worker.do(one_second, arrived=0.0)
        running = asyncio.ensure_future(worker.do(lambda _: gate.wait(10), arrived=0.0))
        await asyncio.sleep(0)
        refused = await asyncio.gather(
            worker.do(lambda _: None, arrived=now[0], deadline=now[0] + 0.5), return_exceptions=True
        )
        assert not running.done()
        gate.set()
        await running
        return refused[0]

    worker.start()
    outcome = asyncio.run(three())
    worker.stop(5)
    assert isinstance(outcome, OutOfBudgetError)


def test_work_whose_turn_comes_too_late_is_never_begun() -> None:
    """On the worker's own clock, moved by hand."""
    now = [0.0]
    worker = Worker(8, lambda: now[0])
    gate, begun = threading.Event(), []

    async def both() -> list[object]:
        first = asyncio.ensure_future(worker.do(lambda _: gate.wait(10), arrived=0.0))
        second = asyncio.ensure_future(worker.do(begun.append, arrived=0.0, deadline=5.0))
        await asyncio.sleep(0.05)
        now[0] = 6.0
        gate.set()
        return await asyncio.gather(first, second, return_exceptions=True)

    worker.start()
    outcomes = asyncio.run(both())
    worker.stop(5)
    assert outcomes[0] is True
    assert isinstance(outcomes[1], OutOfBudgetError)
    assert begun == []


def test_jobs_are_done_in_the_order_they_came_and_all_that_fit_are_done() -> None:
    """With a limit of five, five of eight are done, first come first served."""
    worker = Worker(5, time.perf_counter)
    done: list[int] = []

    async def eight() -> list[object]:
        work = [worker.do(lambda _, n=n: done.append(n), arrived=0.0) for n in range(8)]
        return await asyncio.gather(*work, return_exceptions=True)

    worker.start()
    outcomes = asyncio.run(eight())
    worker.stop(5)
    assert done == [0, 1, 2, 3, 4]
    assert [isinstance(outcome, QueueFullError) for outcome in outcomes] == [False] * 5 + [True] * 3
    assert worker.pending == 0


@given(st.lists(st.floats(1e-6, 10.0), min_size=1, max_size=50))
def test_pace_lies_within_what_was_seen(seconds: list[float]) -> None:
    """The shortest is the minimum, the typical lies between the extremes."""
    pace = Pace()
    for one in seconds:
        pace = pace.after(one)
    assert pace.shortest == min(seconds)
    assert min(seconds) <= pace.typical * (1 + 1e-12)
    assert pace.typical <= max(seconds) * (1 + 1e-12)
    assert pace.least_seconds(0) == min(seconds)


def test_who_needs_many_turns_lets_others_between_them() -> None:
    """Three requests of three turns each, begun together, take turns; each holds one place all the while."""
    worker = Worker(3, time.perf_counter)
    done: list[tuple[str, int]] = []
    most: list[int] = []

    async def three_turns(name: str) -> None:
        with worker.place():
            for turn in range(3):
                await worker.turn(lambda _, turn=turn: done.append((name, turn)), arrived=0.0)
                most.append(worker.pending)

    async def all_three() -> None:
        await asyncio.gather(*map(three_turns, "abc"))

    worker.start()
    asyncio.run(all_three())
    worker.stop(5)
    assert done == [(name, turn) for turn in range(3) for name in "abc"]
    assert max(most) == 3
    assert worker.pending == 0


def test_turns_still_needed_count_against_the_deadline() -> None:
    """One took a second; five more do not fit into four and a half, and are refused before the first of them."""
    now = [0.0]
    worker = Worker(2, lambda: now[0])
    begun: list[float] = []

    def one_second(_: float) -> None:
        begun.append(now[0])
        now[0] += 1.0

    async def ask(seconds: float) -> None:
        with worker.place():
            await worker.turn(one_second, arrived=now[0], deadline=now[0] + seconds, left=5)

    worker.start()
    asyncio.run(worker.do(one_second, arrived=0.0))
    with pytest.raises(OutOfBudgetError):
        asyncio.run(ask(4.5))
    asyncio.run(ask(5.5))
    worker.stop(5)
    assert begun == [0.0, 1.0]


def test_a_turn_that_is_no_posterior_says_nothing_of_the_pace() -> None:
    """However long it took."""
    now = [0.0]
    worker = Worker(2, lambda: now[0])

    def one_second(_: float) -> None:
        now[0] += 1.0

    async def ask() -> None:
        with worker.place():
            await worker.turn(one_second, arrived=0.0, paced=False)

    worker.start()
    asyncio.run(ask())
    worker.stop(5)
    assert worker.pace == Pace()


def test_a_service_that_was_slow_once_is_tried_again() -> None:
    """Its first answer took longer than any caller has: refused within the second, then one is let in."""
    now = [0.0]
    worker = Worker(4, lambda: now[0])

    def takes(seconds: float) -> str:
        now[0] += seconds
        return "done"

    async def ask(seconds: float, at: float) -> str:
        now[0] = at
        return await worker.do(lambda _: takes(seconds), arrived=at, deadline=at + 0.05)

    async def all_of_it() -> None:
        assert await worker.do(lambda _: takes(0.2), arrived=0.0) == "done"
        assert worker.refusal(0.05) is not None
        with pytest.raises(OutOfBudgetError):
            await ask(0.002, 0.5)
        assert await ask(0.002, 0.3 + STALE_SECONDS) == "done"
        assert await ask(0.002, 0.31 + STALE_SECONDS) == "done"

    worker.start()
    asyncio.run(all_of_it())
    worker.stop(5)


def test_a_service_that_stays_slow_is_tried_once_a_second() -> None:
    """Callers in a hurry, ten a second for ten seconds: one in each second waits in vain, the others hear at once."""
    now = [0.0]
    worker = Worker(4, lambda: now[0])
    tried: list[float] = []

    def slow() -> None:
        tried.append(now[0])
        now[0] += 0.2

    async def hundred() -> None:
        await worker.do(lambda _: slow(), arrived=0.0)
        for at in range(1, 101):
            now[0] = max(now[0], at / 10)
            with pytest.raises(OutOfBudgetError):
                await worker.do(lambda _: slow(), arrived=now[0], deadline=now[0] + 0.05)

    worker.start()
    asyncio.run(hundred())
    worker.stop(5)
    assert 5 <= len(tried) - 1 <= 10
