"""What does the Judgment Layer cost beside the verifier itself? Client, layer, controller and journal, in µs.

The server here is as trivial as can be, in a process of its own, and answers every request with the same
posterior: what is measured is this side of the wire. httpx asks the same server with a body made beforehand.
Writes results/judgment_layer.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from _crowded_journal import append_one, crowded
from _record import about, spread, write
from rich.console import Console
from rich.table import Table

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.judgment import Case, Judgment, parse_judgments
from bayesian_verifier.judgment_layer import BreakerPolicy, Outcome, Posterior
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

BELIEF = Belief(0.61, 0.18, (0.33, 0.49, 0.6, 0.72, 0.92))
WARM_UP = 50

SERVER = """
import asyncio, json

QUANTILES = {"0.05": 0.33, "0.25": 0.49, "0.5": 0.6, "0.75": 0.72, "0.95": 0.92}
REST = {
    "model": {"name": "bench", "version": "m"},
    "posterior": {"risk_aversion": {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES}},
    "checks": {"trustworthy": True, "reasons": []}, "draws": None, "seed": None, "state": "A" * 600,
}

async def serve(reader, writer):
    try:
        while True:
            lines = (await reader.readuntil(b"\\r\\n\\r\\n")).lower().split(b"\\r\\n")[1:-2]
            headers = dict(line.split(b": ", 1) for line in lines)
            body = await reader.readexactly(int(headers[b"content-length"]))
            count = body.count(b'"chosen"')
            own = {
                "request_id": headers.get(b"x-request-id", b"").decode(),
                "evidence": {"judgments": count, "informative": count, "refuted": 0},
            }
            reply = json.dumps(REST | own).encode()
            writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(reply) + reply)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class Canned:
    """A client that has its answer ready, so that what remains is the layer."""

    def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        """The same outcome for everybody."""
        known = Posterior(BELIEF, len(judgments), trustworthy=True, doubts=(), model_version="m")
        return Outcome(known, None, "", "closed", 0.0, trace_id or "0" * 32)


def rows(count: int) -> list[Judgment]:
    """Answered rows of the list of Holt and Laury, over and over, each with a payoff of its own."""
    return parse_judgments(
        [holt_laury(index) | {"chosen": index % 2, "feedback": "approve"} for index in range(count)]
    )


def holt_laury(index: int) -> dict[str, object]:
    """A case like those of the list, none equal to another."""
    share, more = (1 + index % 9) / 10, index / 1000
    options = [[(2.0 + more, share), (1.6, 1 - share)], [(3.85 + more, share), (0.1, 1 - share)]]
    return {
        "options": [
            {"outcomes": [{"payoff": payoff, "probability": chance} for payoff, chance in option]}
            for option in options
        ]
    }


def timed(call: Callable[[], object], times: int, warm_up: int = WARM_UP) -> list[float]:
    """Seconds of each of so many calls."""
    for _ in range(warm_up):
        call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


async def timed_awaited(call: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Seconds of each of so many awaited calls."""
    for _ in range(WARM_UP):
        await call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        await call()
        seconds.append(time.perf_counter() - start)
    return seconds


def round_trips(url: str, judgments: list[Judgment], times: int) -> Iterator[tuple[str, list[float]]]:
    """A posterior over loopback, by both our clients and by httpx."""
    body = json.dumps(
        {"judgments": [one.model_dump(mode="json", exclude_none=True) for one in judgments]}
    ).encode()
    target, headers = f"{url}/v1/posterior", {"content-type": "application/json"}
    with VerifierClient(url, 5.0) as client, httpx.Client() as kept:
        yield "VerifierClient", timed(lambda: client.posterior(judgments), times)
        yield "httpx, kept", timed(lambda: kept.post(target, content=body, headers=headers).json(), times)

    async def awaited() -> tuple[list[float], list[float]]:
        async with aio.VerifierClient(url, 5.0) as client, httpx.AsyncClient() as kept:
            ours = await timed_awaited(lambda: client.posterior(judgments), times)
            return ours, await timed_awaited(lambda: kept.post(target, content=body, headers=headers), times)

    ours, theirs = asyncio.run(awaited())
    yield "aio.VerifierClient", ours
    yield "httpx async, kept", theirs


def layers(folder: Path, times: int) -> Iterator[tuple[str, list[float]]]:
    """What the layer adds to a call, and what the controller costs without one."""
    for count in (10, 512):
        journal = Journal(folder / f"assess-{count}.jsonl", fsync="never")
        layer = JudgmentLayer(Canned(), MetaJudgmentController(), journal)
        for index in range(count):
            layer.feedback(layer.judge(holt_laury(index), "ada").id, "approve")
        yield f"assess, {count} in the journal", timed(lambda used=layer: used.assess("ada"), times)
        yield f"assess, {count}, first of a process", first(journal.path)
    yield (
        "assess, first of a process, 10,000 of others in the journal",
        first(crowded(folder, Case.model_validate(holt_laury(3)), BELIEF)),
    )
    shadowed = JudgmentLayer(Canned(), MetaJudgmentController(), journal, shadow=1.0)
    yield "assess, 512 in the journal, every call shadowed", timed(lambda: shadowed.assess("ada"), times)
    closed = VerifierClient("http://127.0.0.1:9", breaker=BreakerPolicy(minimum_calls=1, open_for=1e6))
    yield "client, open breaker", timed(lambda: closed.posterior([]), times)
    for count in (10, 64):
        controller, judgments = MetaJudgmentController(), rows(count)
        yield (
            f"controller, bracket of {count}, first",
            timed(lambda c=controller, j=judgments: c.assess("ada", j, 0.0), 1, 0),
        )
        yield (
            f"controller, bracket of {count}",
            timed(lambda c=controller, j=judgments: c.assess("ada", j, 0.0), times),
        )
    recorded = JudgmentLayer(
        Canned(), MetaJudgmentController(), Journal(folder / "judge.jsonl", fsync="never")
    )
    case = Case.model_validate(holt_laury(3))
    yield "judge, with Z3 and its line", timed(lambda: recorded.judge(case, "ada"), min(times, 300))


def first(path: Path) -> list[float]:
    """The first assessment of a process that has not read this journal: it waits 50 ms for it at most."""
    fresh = JudgmentLayer(Canned(), MetaJudgmentController(), Journal(path))
    return timed(lambda: fresh.assess("ada"), 1, 0)


def appends(folder: Path, times: int) -> Iterator[tuple[str, list[float]]]:
    """A judgment line of some 700 bytes, by policy."""
    case = Case.model_validate(holt_laury(3))
    for policy in ("never", "interval", "always"):
        with Journal(folder / f"{policy}.jsonl", fsync=policy) as journal:

            def append(used: Journal = journal) -> None:
                append_one(used, "ada", case, BELIEF)

            yield f"append, fsync {policy}", timed(append, times if policy != "always" else min(times, 300))


def served() -> AbstractContextManager[subprocess.Popen[str]]:
    """The trivial server, whose first line of output is its port."""
    return subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Measure everything, write it and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="calls of each kind (default 1000)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the calls")
    asked = parser.parse_args()
    times = max(1, asked.times // 5) if asked.quick else asked.times
    said = about("none: canned replies", quick=asked.quick)
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name, served() as server:
        folder = Path(name)
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for count in (10, 512):
            for what, seconds in round_trips(url, rows(count), times):
                found[f"{what}, {count} judgments"] = spread(seconds)
        server.terminate()
        for source in (layers(folder, times), appends(folder, times)):
            for what, seconds in source:
                found[what] = spread(seconds)
    write("judgment_layer", {"about": said, "calls": found})
    table = Table("what", "p50 µs", "p99 µs", title="Judgment Layer")
    for what, row in found.items():
        table.add_row(what, f"{1e3 * row['p50_ms']:.0f}", f"{1e3 * row['p99_ms']:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
