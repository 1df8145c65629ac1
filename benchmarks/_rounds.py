"""What do rounds of measures come to?"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from _server_process import cpu_seconds

if TYPE_CHECKING:
    from _server_process import Server


def idle_cpu(server: Server, seconds: float = 1.0) -> float:
    """Share of a core a server uses while nobody asks."""
    before = cpu_seconds(server.process.pid)
    time.sleep(seconds)
    return round((cpu_seconds(server.process.pid) - before) / seconds, 3)


def latency_of(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over rounds, by each tool, with the p50 of every round beside them."""
    found = {}
    for tool in ("python", "wrk"):
        runs = [one[tool] for one in rounds if tool in one]
        if runs:
            found[tool] = {
                "p50_ms": round(statistics.median(r["p50_ms"] for r in runs), 4),
                "p99_ms": round(statistics.median(r["p99_ms"] for r in runs), 4),
                "p50_of_rounds_ms": [r["p50_ms"] for r in runs],
                "count": sum(r["count"] for r in runs),
                "failed": sum(r["failed"] for r in runs),
            }
    return found


def throughput_of(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Good replies a second: medians over rounds by number of clients, and the best of those."""
    found: dict[str, Any] = {}
    runs = {
        "python": [[one["python_many"]] for one in rounds],
        "wrk": [one.get("wrk_many", []) for one in rounds],
    }
    for tool, of_rounds in runs.items():
        by_clients: dict[int, list[float]] = {}
        for run in (run for of_round in of_rounds for run in of_round):
            by_clients.setdefault(run["clients"], []).append(run["per_second"])
        if by_clients:
            medians = {str(clients): statistics.median(found) for clients, found in by_clients.items()}
            failed = sum(run["failed"] for of_round in of_rounds for run in of_round)
            found[tool] = {
                "best_per_second": max(medians.values()),
                "by_clients": medians,
                "of_rounds": {str(clients): rates for clients, rates in by_clients.items()},
                "failed": failed,
            }
    return found
