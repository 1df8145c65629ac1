"""Is there an outcome in time, whatever the service does? Seconds beyond the deadline, fault by fault.

The faulty servers of the tests run in a process of their own. Ours, httpx and aiohttp, the latter two as their manuals
have them, ask in turn; after each of our calls a bare sleep of the same length says what the machine could do.
Also: what a call costs while the breaker is open, and when it opens. Writes results/faults.json.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _breaker_rules import rules
from _fault_peers import Peer
from _peers import PEERS, SkippedError, environment, installed_version
from _record import about, say, write
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "judgment_layer"))

from people import safe_times
from slow_faults import SOUND, UNREAD, apart
from test_deadline import NAME_SERVICE, PATIENT, longest_judgments

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._stream import Stream
from bayesian_verifier.judgment_layer._understood import Understood

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.judgment import Judgment

TIMEOUT = 0.020
NAME = "http://verifier.internal:8080"
BARE, BARE_IN_A_LOOP = "bare sleep", "bare sleep, asyncio"
OURS = {"VerifierClient": BARE, "aio.VerifierClient": BARE_IN_A_LOOP}


def hanging(*_: object, **__: object) -> list[Any]:
    """A name service that does not answer."""
    threading.Event().wait(3600)
    return []


def late(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles of the time beyond the deadline, in ms; a call that ended before is not late at all."""
    ordered = sorted(max(0.0, one - TIMEOUT) * 1e3 for one in seconds)
    last = len(ordered) - 1
    found = {f"p{level}_ms": round(ordered[round(level / 100 * last)], 3) for level in (50, 99, 99.9)}
    return found | {"worst_ms": round(ordered[-1], 3), "count": len(ordered)}


class Ours:
    """Both our clients and their bare sleeps, asked in turn about one fault."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._blocking = VerifierClient(url, TIMEOUT, breaker=PATIENT, lookup=hanging)
        self._awaited = aio.VerifierClient(url, TIMEOUT, breaker=PATIENT, lookup=hanging)

    def turn(self, judgments: Sequence[Judgment]) -> Iterator[tuple[str, float, str]]:
        """Who, seconds, and what came."""
        seconds, outcome = _timed(lambda: self._blocking.posterior(judgments))
        yield "VerifierClient", seconds, outcome.reason or "a posterior"
        yield BARE, _timed(lambda: time.sleep(TIMEOUT))[0], "slept"
        yield from self._loop.run_until_complete(self._turn_in_a_loop(judgments))

    async def _turn_in_a_loop(self, judgments: Sequence[Judgment]) -> list[tuple[str, float, str]]:
        begun = time.perf_counter()
        outcome = await self._awaited.posterior(judgments)
        ended = time.perf_counter()
        await asyncio.sleep(TIMEOUT)
        slept = time.perf_counter() - ended
        came = outcome.reason or "a posterior"
        return [("aio.VerifierClient", ended - begun, came), (BARE_IN_A_LOOP, slept, "slept")]

    def close(self) -> None:
        """Close both."""
        self._blocking.close()
        self._loop.run_until_complete(self._awaited.aclose())


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    came = call()
    return time.perf_counter() - begun, came


def overshoot(times: int, peers: dict[str, Peer], peer_times: int) -> dict[str, Any]:
    """By fault and client: how late, and what came; for all faults together, how late."""
    loop = asyncio.new_event_loop()
    found: dict[str, Any] = {}
    every: dict[str, list[float]] = {}
    with apart(TIMEOUT) as urls:
        faults = {name: url for name, url in urls.items() if name != SOUND} | {NAME_SERVICE: NAME}
        for number, (fault, url) in enumerate(faults.items(), 1):
            say(f"{number} of {len(faults)}: {fault}")
            judgments = longest_judgments() if fault == UNREAD else safe_times(4)
            body = Stream(judgments, None, None, None, Understood()).body(lambda: None).decode()
            calls: dict[str, list[tuple[float, str]]] = {}
            ours = Ours(url, loop)
            for turn in range(times):
                for name, seconds, came in ours.turn(judgments):
                    calls.setdefault(name, []).append((seconds, came))
                for name, peer in peers.items() if turn < peer_times else ():
                    calls.setdefault(name, []).append(peer.ask(url, TIMEOUT, body))
            ours.close()
            found[fault] = {
                name: late([seconds for seconds, _ in some])
                | {"came": dict(Counter(came for _, came in some))}
                for name, some in calls.items()
            }
            for name, some in calls.items():
                every.setdefault(name, []).extend(seconds for seconds, _ in some)
    loop.close()
    return {"faults": found, "all": {name: late(seconds) for name, seconds in every.items()}}


def promised(all_faults: dict[str, dict[str, float]]) -> dict[str, float]:
    """P1: p99.9 beyond the deadline, less that of a bare sleep, in ms; at most 5."""
    return {
        name: round(all_faults[name]["p99.9_ms"] - all_faults[bare]["p99.9_ms"], 3)
        for name, bare in OURS.items()
    }


def open_breaker(times: int) -> dict[str, dict[str, float]]:
    """µs of a call that is not made, by number of judgments; nobody listens there, so the first one opens it."""
    policy = BreakerPolicy(failures_in_row=1, open_for=1e6)
    found = {}
    for kept in (False, True):
        for count in (0, 10, 512):
            judgments = safe_times(4) * 52
            client = VerifierClient("http://127.0.0.1:9", 0.5, breaker=policy, keep_state=kept)
            client.posterior([])
            assert client.breaker == "open"
            seconds = sorted(
                _timed(lambda c=client, j=judgments[:count]: c.posterior(j, subject="ada"))[0]
                for _ in range(times)
            )
            name = f"{count} judgments" + (", states kept" if kept else "")
            found[name] = {
                f"p{level}_us": round(1e6 * seconds[round(level / 100 * (times - 1))], 2)
                for level in (50, 99)
            }
    return found


def peers_here(stack_of: dict[str, Peer]) -> dict[str, str]:
    """Fill in the peers that can be had; versions, or why one cannot."""
    ask = PEERS / "aiohttp" / "ask.py"
    said = {}
    for name in ("httpx", "aiohttp"):
        try:
            python = Path(sys.executable) if name == "httpx" else environment("aiohttp")
            said[name] = installed_version(python, name)
        except SkippedError as reason:
            said[name] = f"skipped: {reason}"
            continue
        stack_of[name] = Peer([python, ask, name])
    return said


def main() -> None:
    """Measure everything, write it and print tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="calls of each fault (default 400)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the calls")
    asked = parser.parse_args()
    times = max(10, asked.times // 10) if asked.quick else asked.times
    said = about("none: faulty servers", quick=asked.quick)
    peers: dict[str, Peer] = {}
    said["peers"] = peers_here(peers)
    try:
        found = overshoot(times, peers, max(5, times // 10))
    finally:
        for peer in peers.values():
            with peer:
                pass
    found |= {
        "timeout_ms": TIMEOUT * 1e3,
        "above_a_bare_sleep_ms": promised(found["all"]),
        "open_breaker": open_breaker(2000),
        "breaker": rules(quick=asked.quick),
    }
    write("faults", {"about": said} | found)
    _print(found)


def _print(found: dict[str, Any]) -> None:
    names = list(found["all"])
    table = Table("fault", *names, title="beyond the deadline, p50 / p99 / worst ms")
    for fault, by in found["faults"].items():
        table.add_row(fault, *(_cell(by.get(name)) for name in names))
    table.add_row("all", *(_cell(found["all"][name]) for name in names))
    Console(width=200).print(table)
    Console(width=200).print(
        {key: found[key] for key in ("above_a_bare_sleep_ms", "open_breaker", "breaker")}
    )


def _cell(row: dict[str, float] | None) -> str:
    return "–" if row is None else f"{row['p50_ms']:.1f} / {row['p99_ms']:.1f} / {row['worst_ms']:.1f}"


if __name__ == "__main__":
    main()
