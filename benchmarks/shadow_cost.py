"""What does a candidate cost those who wait for a decision?

    python benchmarks/shadow_cost.py [--rounds 20]

Two services over the shipped model, as processes. Four layers take turns, twenty decisions each, so that whatever else
the machine does falls on all, and what runs beside a layer falls on its own: without a candidate; with one; with one
that is dead; with one that never answers. Each decision is that of one person with 16 answers. Journals are files, not
synced.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from _server_process import side_car
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient

SURE = {"outcomes": [{"payoff": 40.0, "probability": 1.0}]}
COIN = {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]}
CASE = {"options": [SURE, COIN]}
TURN = 20


def layer(folder: Path, stack: ExitStack, url: str, candidate: str | None) -> JudgmentLayer:
    """One with a journal of its own, in which somebody has answered 16 times."""
    journal = stack.enter_context(Journal(folder / "judgments.jsonl", fsync="never"))
    client = stack.enter_context(VerifierClient(url, 1.0))
    asked = None if candidate is None else stack.enter_context(VerifierClient(candidate, 0.5))
    made = JudgmentLayer(client, MetaJudgmentController(), journal, shadow=0.0, candidate=asked)
    for number in range(16):
        made.feedback(made.judge(CASE, "ada").id, "approve" if number % 3 else "reject")
    return stack.enter_context(made)


def turn(one: JudgmentLayer) -> tuple[list[float], float]:
    """Seconds that each of its decisions takes, and of processor time for all, with what runs beside them."""
    found, before = [], time.process_time()
    for _ in range(TURN):
        start = time.perf_counter()
        one.judge(CASE, "ada")
        found.append(time.perf_counter() - start)
    one.close()
    return found, time.process_time() - before


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=20)
    rounds = asked.parse_args().rounds
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = [stack.enter_context(side_car(scratch, b'{"judgments": []}')) for _ in range(2)]
        url, other = (f"http://{service.target.host}" for service in services)
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        ways = {
            "no candidate": None,
            "a candidate": other,
            "dead": "http://127.0.0.1:9",
            "never answers": f"http://127.0.0.1:{silent.getsockname()[1]}",
        }
        layers = {}
        for name, candidate in ways.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            layers[name] = layer(folder, stack, url, candidate)
        times: dict[str, list[float]] = {name: [] for name in layers}
        processor = dict.fromkeys(layers, 0.0)
        for _ in track(range(rounds), "rounds", console=Console(stderr=True)):
            for name, one in layers.items():
                waited, used = turn(one)
                times[name] += waited
                processor[name] += used
        health = {name: one.health().candidate for name, one in layers.items()}
    table = Table("", "median ms", "90%", "99%", "processor ms", "asked", "failed", "left out")
    for name, of in times.items():
        found = health[name]
        counts = ("",) * 3 if found is None else (str(found.asked), str(found.failed), str(found.dropped))
        figures = np.quantile(of, [0.5, 0.9, 0.99]) * 1e3
        used = f"{processor[name] / len(of) * 1e3:.2f}"
        table.add_row(name, *(f"{one:.2f}" for one in figures), used, *counts)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
