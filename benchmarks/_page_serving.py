"""What does the page say about servers?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, of, table, verdict
from _page_texts import SERVING, SIZES, START

Figures = Mapping[str, Any]


def serving_section(found: Figures | None) -> list[str]:
    """Promises, latency and throughput, sizes, start and memory; or that nothing was measured."""
    if found is None:
        return ["## Serving", "Not measured: run `make bench`."]
    subjects = found["subjects"]
    clients = ", ".join(str(n) for n in found["effort"]["clients"])
    return [
        "## What was promised",
        table(
            ("promise", "wanted", "found", ""),
            [(r["what"], r["wanted"], number(r["figure"]), verdict(r["met"])) for r in found["targets"]],
        ),
        "## Serving",
        SERVING.format(judgments=found["judgments"], clients=clients),
        *([] if found["wrk"] else ["**wrk was not installed**: all figures are of our own loop in Python."]),
        "![Latency and throughput](images/bench_servers.png)",
        table(
            (
                "server",
                "p50 ms",
                "p99 ms",
                "p50 ms, our loop",
                "replies/s",
                "replies/s, our loop",
                "idle CPU",
            ),
            [_server_row(s) for s in subjects.values()],
        ),
        *_missing(subjects),
        "### By number of judgments",
        SIZES,
        "![By number of judgments](images/bench_judgments.png)",
        _sizes(found),
        "### Start and memory",
        START,
        table(
            ("server", "nothing compiled, s", "compiled before, s", "resident MB", "processes"),
            [_start_row(s) for s in subjects.values()],
        ),
    ]


def _server_row(subject: Figures) -> tuple[str, ...]:
    latency, throughput = subject.get("latency") or {}, subject.get("throughput") or {}
    title = subject["title"] + (f" {subject['version']}" if subject.get("version") else "")
    return (
        title,
        of(latency.get("wrk"), "p50_ms"),
        of(latency.get("wrk"), "p99_ms"),
        of(latency.get("python"), "p50_ms"),
        of(throughput.get("wrk"), "best_per_second"),
        of(throughput.get("python"), "best_per_second"),
        of(subject, "idle_cpu_share"),
    )


def _start_row(subject: Figures) -> tuple[str, ...]:
    start, memory = subject.get("start") or {}, subject.get("memory") or {}
    values = (start.get("cold_s"), start.get("warm_s"), memory.get("resident_mb"), memory.get("processes"))
    return (subject["title"], *(number(v) for v in values))


def _missing(subjects: Figures) -> list[str]:
    told = [f"- **skipped**: {s['title']}: `{s['skipped']}`" for s in subjects.values() if "skipped" in s]
    for subject in subjects.values():
        told += [
            f"- **failed**: {subject['title']}, {what}: `{' '.join(why.split())[-300:]}`"
            for what, why in subject.get("failed", {}).items()
        ]
    return ["\n".join(told)] if told else []


def _sizes(found: Figures) -> str:
    rows = {s["title"]: s["by_judgments"] for s in found["subjects"].values() if s.get("by_judgments")}
    sizes = list(next(iter(rows.values()), {}))
    lines = [(title, *(of(by.get(n), "p50_ms") for n in sizes)) for title, by in rows.items()]
    ours = found["subjects"].get("ours", {}).get("by_judgments")
    if ours:
        lines.append(("this service, its network alone", *(of(ours[n], "network_ms") for n in sizes)))
    if found["streaming"]:
        lines.append(
            ("one judgment on top of so many", *(of(found["streaming"][n], "p50_ms") for n in sizes))
        )
    return table(("", *sizes), lines)
