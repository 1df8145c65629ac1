"""How fast is the path, beside what a user would otherwise write? One run, one machine, ratios.

    make bench            writes benchmarks/results/path.json and prints the table

Simulated judgments a second on one core; one posterior of 32 judgments by the served function in process, by the
service over HTTP, and by `approximator.sample` of the BayesFlow object as it comes.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("KERAS_BACKEND", "jax")

import h11
import numpy as np
from rich.console import Console
from rich.table import Table

import bayesian_verifier
from bayesian_verifier.artifact import ModelStore, load_model
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.posterior import base_points
from bayesian_verifier.simulators import load_simulator
from bayesian_verifier.simulators.lottery import (
    CaseMixture,
    advantages,
    generate_cases,
    pack_dense,
    records,
    respond,
)
from bayesian_verifier.training import TrainingSettings, build_approximator, read_table, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
STORE = ModelStore(Path(bayesian_verifier.__file__).parent / "shipped_models")
NAME = "bayesian-verifier"
JUDGMENTS, DRAWS = 32, 256


def median_ms(run: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call in ms, after three that do not count."""
    times = []
    for i in range(repeats + 3):
        began = time.perf_counter()
        run()
        if i >= 3:  # noqa: PLR2004 - warm-up
            times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def simulated_per_second() -> float:
    """Judgments a second of given cases of two lotteries with two outcomes."""
    n = 1_000_000
    rng = np.random.default_rng(0)
    wealth, payoff, probability, chosen = generate_cases(rng, n // 10, CaseMixture.of({"two_by_two": 1.0}))
    dense = [np.concatenate([a] * 10) for a in (wealth, payoff[:, :2, :2], probability[:, :2, :2], chosen)]
    packed, _ = pack_dense(*dense)
    theta = load_simulator("lottery").sample_prior(rng, len(packed))

    def run() -> None:
        respond(rng, advantages(packed, theta[:, 0]), np.exp(theta[:, 1]))

    return len(packed) / (median_ms(run, 5) / 1000)


def people() -> list[dict[str, object]]:
    """One set of judgments, approved."""
    rng = np.random.default_rng(1)
    cases = records(generate_cases(rng, JUDGMENTS, CaseMixture.of({"two_by_two": 1.0, "price_list": 1.0})))
    return [case | {"feedback": "approve", "verdict": "proved"} for case in cases]


def in_process(judgments: list[dict[str, object]]) -> tuple[float, float]:
    """Ms of parsing and features, and of the exported function."""
    model = load_model(STORE.path(NAME, STORE.current(NAME)))
    simulator = load_simulator(model.manifest.simulator)
    run = model.function.compile(JUDGMENTS, DRAWS)
    features = simulator.describe(parse_judgments(judgments)).features
    mask = np.ones(JUDGMENTS, np.float32)
    state = np.zeros(model.manifest.state_size, np.float32)
    points = base_points(DRAWS, 2)
    described = median_ms(lambda: simulator.describe(parse_judgments(judgments)), 200)
    return described, median_ms(lambda: np.asarray(run(features, mask, state, points).theta), 200)


def by_bayesflow(judgments: list[dict[str, object]]) -> float:
    """Ms of `approximator.sample` for the same set and as many draws."""
    simulator = load_simulator("lottery")
    approximator = build_approximator(
        simulator, read_table(TrainingSettings, ROOT / "configs" / "training.toml").network
    )
    read_weights(approximator, STORE.path(NAME, STORE.current(NAME)) / "weights.npz")
    features = simulator.describe(parse_judgments(judgments)).features[None]
    data = {"features": features, "informative": np.ones((1, JUDGMENTS), np.float32)}
    return median_ms(lambda: approximator.sample(num_samples=DRAWS, conditions=data, seed=1), 10)


def over_http(judgments: list[dict[str, object]]) -> tuple[float, float]:
    """Ms of a posterior over a kept connection, and seconds from the service's start to ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("bayesian-verifier")), "serve", "--port", str(port)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            ready = wait_until_ready(port, began)
            body = json.dumps({"judgments": judgments}).encode()
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                taken = median_ms(lambda: post(connection, body), 300)
        finally:
            service.terminate()
    return taken, ready


def wait_until_ready(port: int, began: float) -> float:
    """Seconds until the service says ready; RuntimeError after two minutes."""
    while time.perf_counter() - began < 120:  # noqa: PLR2004 - two minutes
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1):
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the service did not become ready")


def post(connection: socket.socket, body: bytes) -> bytes:
    """The reply to one posterior request on a kept connection."""
    protocol = h11.Connection(h11.CLIENT)
    headers = [
        ("Host", "127.0.0.1"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    request = protocol.send(h11.Request(method="POST", target="/v1/posterior", headers=headers))
    connection.sendall(request + protocol.send(h11.Data(body)) + protocol.send(h11.EndOfMessage()))
    reply = b""
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            protocol.receive_data(connection.recv(65536))
        elif isinstance(event, h11.Response):
            assert event.status_code == 200, event  # noqa: PLR2004 - OK
        elif isinstance(event, h11.Data):
            reply += event.data
        elif isinstance(event, h11.EndOfMessage):
            return reply


def main() -> None:
    """Measure, print, write."""
    judgments = people()
    described, function = in_process(judgments)
    http, ready = over_http(judgments)
    sample = by_bayesflow(judgments)
    figures = {
        "simulated_judgments_per_second": round(simulated_per_second()),
        "judgments": JUDGMENTS,
        "draws": DRAWS,
        "parse_and_features_ms": round(described, 3),
        "exported_function_ms": round(function, 3),
        "http_p50_ms": round(http, 3),
        "approximator_sample_ms": round(sample, 2),
        "sample_over_function": round(sample / function, 1),
        "sample_over_http": round(sample / http, 1),
        "start_to_ready_s": round(ready, 2),
        "versions": {
            p: version(p) for p in ("bayesian-verifier", "bayesflow", "jax", "keras", "numpy", "fastapi")
        },
        "machine": {"python": platform.python_version(), "cpu": platform.machine(), "cores": os.cpu_count()},
        "model": STORE.current(NAME),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "path.json").write_text(json.dumps(figures, indent=1) + "\n")
    table = Table("what", "figure", title=f"One posterior of {JUDGMENTS} judgments")
    for key, value in figures.items():
        if isinstance(value, int | float):
            table.add_row(key.replace("_", " "), f"{value:,}")
    Console().print(table)


if __name__ == "__main__":
    main()
