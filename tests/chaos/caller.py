"""What does a process of callers do? Judges, answers, and tells of each, in threads or in an event loop.

    python -m chaos.caller '{"name": "threads-1", "kind": "threads", "urls": {...}, "journal": "j.jsonl", "seed": 1}'

SIGTERM: what has begun is finished, what waits is written, and it says so.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy
from chaos.places import ROTATE_BYTES
from chaos.record import saying
from chaos.watched import Watched, WatchedInLoop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.judgment_layer import Assessment, Decision

TIMEOUT = 0.1
POLICY = BreakerPolicy(window=2.0, minimum_calls=5, open_for=0.25)
WORKERS, SLEEPERS = 3, 2
REST = (0.01, 0.06)  # seconds between a worker's turns
ONLY_ASSESSED = 0.6  # share of the turns: a judgment costs a prover's run and two lines
say = saying(1)


def case(chance: random.Random) -> dict[str, Any]:
    """A row of the list of Holt and Laury (2002)."""
    share = chance.randint(1, 10) / 10
    pairs = ((2.0, 1.6), (3.85, 0.1))
    return {
        "options": [
            {"outcomes": [{"payoff": a, "probability": share}, {"payoff": b, "probability": 1 - share}]}
            for a, b in pairs
        ]
    }


def tell(call: str, assessed: Assessment, decision: Decision | None = None) -> None:
    """What an assessment came to, or a judgment, which has a line in the journal."""
    say(
        "judged",
        call=call,
        trace=assessed.trace_id,
        id=decision and decision.id,
        recorded=decision and decision.recorded,
        source=assessed.source,
        reason=assessed.reason,
        mean=assessed.mean,
        sd=assessed.sd,
        quantiles=assessed.quantiles,
        version=assessed.model_version,
        took_ms=assessed.elapsed_ms,
    )


class Callers:
    """What threads and tasks share: the layers by door, and when to stop."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.name: str = orders["name"]
        self.seed: int = orders["seed"]
        self.urls: dict[str, str] = orders["urls"]
        self.journal = Journal(orders["journal"], rotate_bytes=ROTATE_BYTES)
        self.over = threading.Event()
        self.in_loop = orders["kind"] == "loop"
        self.layers = {door: self._layer(door, url) for door, url in self.urls.items()}
        say(
            "caller",
            name=self.name,
            kind=orders["kind"],
            timeout=TIMEOUT,
            open_for=POLICY.open_for,
            clients=[f"{self.name}/{door}" for door in self.urls],
        )

    def _layer(self, door: str, url: str) -> Any:  # noqa: ANN401 of either kind
        options: dict[str, Any] = {"breaker": POLICY, "keep_state": door == "unix"}
        name = f"{self.name}/{door}"
        controller = MetaJudgmentController()
        if self.in_loop:
            watched = WatchedInLoop(aio.VerifierClient(url, TIMEOUT, **options), name, say)
            return aio.JudgmentLayer(watched, controller, self.journal)
        return JudgmentLayer(
            Watched(VerifierClient(url, TIMEOUT, **options), name, say), controller, self.journal
        )

    def turns(self, worker: int) -> Iterable[tuple[str, Any, random.Random]]:
        """What a worker does next, until it is over: the name of the call, the layer to ask, and its chance."""
        chance = random.Random(f"{self.seed}/{self.name}/{worker}")
        doors = list(self.urls)
        weights = [1 if door.startswith("dead") else 10 for door in doors]
        number = 0
        while not self.over.is_set():
            number += 1
            yield f"{self.name}-{worker}-{number}", self.layers[chance.choices(doors, weights)[0]], chance

    def closed(self) -> None:
        """Tell what is left unwritten."""
        for door, layer in self.layers.items():
            say("closed", client=f"{self.name}/{door}", waiting=layer.waiting, lost=layer.lost)


def work(callers: Callers, worker: int) -> None:
    """One thread's turns."""
    for call, layer, chance in callers.turns(worker):
        say("began", call=call)
        try:
            subject = f"person-{chance.randrange(8)}"
            if chance.random() < ONLY_ASSESSED:
                tell(call, layer.assess(subject))
                continue
            decision = layer.judge(case(chance), subject)
            tell(call, decision.assessment, decision)
            if chance.random() < 0.7:
                word = chance.choice(("approve", "reject"))
                kept = layer.feedback(decision.id, word)
                say("fed", judgment=decision.id, feedback=word, recorded=kept)
        except Exception as exc:  # noqa: BLE001 that a call raises is evidence, not the end
            say("raised", call=call, error=repr(exc))
        finally:
            callers.over.wait(chance.uniform(*REST))


async def work_in_loop(callers: Callers, worker: int) -> None:
    """One task's turns."""
    for call, layer, chance in callers.turns(worker):
        say("began", call=call)
        try:
            subject = f"person-{chance.randrange(8)}"
            if chance.random() < ONLY_ASSESSED:
                tell(call, await layer.assess(subject))
                continue
            decision = await layer.judge(case(chance), subject)
            tell(call, decision.assessment, decision)
            if chance.random() < 0.7:
                word = chance.choice(("approve", "reject"))
                kept = await layer.feedback(decision.id, word)
                say("fed", judgment=decision.id, feedback=word, recorded=kept)
        except Exception as exc:  # noqa: BLE001 that a call raises is evidence, not the end
            say("raised", call=call, error=repr(exc))
        finally:
            await asyncio.sleep(chance.uniform(*REST))


def slept(kind: str, begun: float) -> None:
    """A bare sleep as long as a call may take."""
    say("slept", kind=kind, asked=TIMEOUT, took=time.monotonic() - begun)


def sleep(callers: Callers) -> None:
    """What the machine makes of a bare sleep in a thread of this process."""
    while not callers.over.is_set():
        begun = time.monotonic()
        time.sleep(TIMEOUT)
        slept("threads", begun)


async def sleep_in_loop(callers: Callers) -> None:
    """What the machine makes of a bare sleep in this event loop."""
    while not callers.over.is_set():
        begun = time.monotonic()
        await asyncio.sleep(TIMEOUT)
        slept("loop", begun)


def fill_the_disk(callers: Callers, journal: Path) -> None:
    """From time to time no file of this process may grow, as on a full disk; then there is room again."""
    chance = random.Random(f"{callers.seed}/{callers.name}/disk")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    while not callers.over.wait(chance.uniform(0.5, 3.0)):
        room = chance.choice((0, 100, 1500))
        limit = journal.stat().st_size + room if journal.exists() else room
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        say("disk", state="full", room=room)
        callers.over.wait(chance.uniform(0.05, 0.4))
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        say("disk", state="free")


def run_threads(callers: Callers, journal: Path, told: list[int]) -> None:
    """Until it is told to end, in threads."""
    tasks = [partial(work, callers, worker) for worker in range(WORKERS)]
    tasks += [partial(sleep, callers)] * SLEEPERS + [partial(fill_the_disk, callers, journal)]
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    while not told:  # a signal is handled between two sleeps, never within `join`
        time.sleep(0.1)
    callers.over.set()
    for thread in threads:
        thread.join()
    for layer in callers.layers.values():
        layer.close()


async def run_loop(callers: Callers, told: list[int]) -> None:
    """Until it is told to end, in an event loop."""

    async def hear() -> None:
        while not told:  # noqa: ASYNC110 a handler of signals may set no event
            await asyncio.sleep(0.1)
        callers.over.set()

    workers = [work_in_loop(callers, worker) for worker in range(WORKERS)]
    await asyncio.gather(hear(), *workers, *(sleep_in_loop(callers) for _ in range(SLEEPERS)))
    for layer in callers.layers.values():
        await layer.aclose()


def main(orders: dict[str, Any]) -> None:
    """Call until SIGTERM, which is heard before the first word is said.

    Kept in a list: blocked, it would end the process by way of a thread that an import has begun, and to set `over` in
    a handler is to wait for ever for a lock that whoever was interrupted holds.
    """
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    callers = Callers(orders)
    if callers.in_loop:
        asyncio.run(run_loop(callers, told))
    else:
        run_threads(callers, Path(orders["journal"]), told)
    callers.closed()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
