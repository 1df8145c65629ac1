"""What does the page on capacity say, given what was measured and simulated?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _markdown import number, table

Figures = Mapping[str, Any]
DAY = 86_400
#: Simulated seconds after which the queues of a pool are what they stay.
STEADY = 10.0
#: Cores busy with something else, above which figures are no figures of one core.
IDLE = 0.2
RATE, JUDGMENTS, SIDE_CARS = 10_000, 1_000_000_000, 1_000

HEAD = """# Capacity

What a core does, and what more would take: 10⁴ subjects a second, 10⁹ judgments, 1,000 side-cars. How the work is
spread: [many-machines.md](many-machines.md). `benchmarks/report_capacity.py` makes this page from results and nothing
else.

The service and the layer were measured on {date} with {cpu}, {cores} cores, {busy} of them busy with something else
just before ([benchmarks.md](benchmarks.md)); journals on {own_date}, with {own_busy} of {cores} cores busy{caution}.
Where a figure is *simulated* or *reckoned* it says so."""

CAUTION = (
    """, which makes them some times as dear as on an idle machine: read their ratios, and an upper bound"""
)

CORE = """## What a core does

Posteriors by one client after the other over a kept connection, HTTP included; a choice is `judge` with Z3, the call
and two lines of the journal, in the application's process. Lines are judgments and answers in turn."""

QUEUE = """## How busy a side-car's core may be

Simulated: one application asks its own side-car, 32 judgments a time, within 50 ms. Times are drawn from those
measured, requests come at random (Poisson), or also in bursts: five times as many for a second, a tenth of the time.
*Missed* is the share of requests for which the controller stands in, because the side-car refused in advance or was
late."""

FLEET = """## 10⁴ subjects a second

Simulated: 1,000 applications, ten requests a second each. *Beside* each other, application and side-car; or a pool
behind a balancer that takes any replica, or the less crowded of two. A pool's cores are the fewest with which at most
0.1% are missed; its requests spend 1 ms more on the way, those beside 0.3 ms. *Load* is what the cores had to do."""

BILLION = """## 10⁹ judgments

Reckoned, in proportion to what was measured above; each judgment has an answer, so that there are 2 · 10⁹ lines."""

MANY = """## 1,000 side-cars"""

TRUST = """## How far the simulation can be trusted

Its queues are held to known results by tests (Pollaczek–Khinchine, Erlang's C, M/M/1/K, two choices). Answers are taken
for log-normal with the measured median and 99%. Beside what `bench_overload.py` measured of one server, with the
capacity of that run; what a refusal costs was had from its last row. Beyond its capacity the simulation is too
pessimistic, as it lets in whom it will answer a little late:"""

LEFT_OUT = """A server answers one request after the other in it, and its threads share a core; neither connections
nor slow clients are in it, nor a network that fails, nor noisy neighbours. Arrivals of different applications are
independent: where all peak at the same moment, use the row of one side-car at that load."""


def capacity_page(found: Figures) -> str:
    """The whole page."""
    own, measured, simulated = found["about"], found["measured"], found["simulated"]
    about = simulated["measured_on"]
    machine = about["machine"]
    busy = own["machine"]["busy_cores_before"]
    parts = [
        HEAD.format(
            date=about["date"][:10],
            cpu=machine["cpu"],
            cores=machine["cores"],
            busy=machine["busy_cores_before"],
            own_date=own["date"][:10],
            own_busy=busy,
            caution=CAUTION if busy is None or busy > IDLE else "",
        ),
        CORE,
        _core(measured, simulated),
        QUEUE,
        _queue(simulated["single"]),
        FLEET,
        _fleet(simulated["fleets"], found["effort"]["seconds"]),
        _around(measured, simulated),
        BILLION,
        _billion(measured["journals"][-1]),
        MANY,
        *_many(simulated),
        TRUST,
        _trust(simulated["overload"]),
        LEFT_OUT,
    ]
    return "\n\n".join(parts) + "\n"


def _core(measured: Figures, simulated: Figures) -> str:
    service = simulated["service"]
    rows = []
    for kind, row in service["answers"].items():
        rows.append(
            [f"a posterior, {kind} judgments", *_cost(row["p50_ms"]), f"99% below {number(row['p99_ms'])} ms"]
        )
    rows.append(
        ["a refusal for want of time", *_cost(service["refusal_ms"]), "of what ten times the load took"]
    )
    said = f"{measured['judgment_bytes']} and {measured['feedback_bytes']} bytes in the journal"
    rows.append(["a choice and its answer, beside it", *_cost(simulated["choice_ms"]), said])
    for size in measured["journals"]:
        of = f"{size['lines']:,} lines"
        rows += [
            [f"verifying a line, of {of}", *_cost(size["verify_us"] / 1e3), ""],
            [
                f"merging a line of ten hosts, of {of}",
                *_cost(size["merge_us"] / 1e3),
                "",
            ],
            [
                f"exporting a line, of {of}",
                *_cost(size["export_us"] / 1e3),
                f"{size['bytes_a_line']} bytes become {size['parquet_bytes_a_line']}",
            ],
            [f"DuckDB reading a line's Parquet, of {of}", *_cost(size["query_us"] / 1e3), "with the opening"],
        ]
    return table(["what", "ms of a core", "a second and core", ""], rows)


def _cost(ms: float) -> list[str]:
    return [number(ms), number(1e3 / ms)]


def _queue(rows: list[Figures]) -> str:
    cells = [
        [
            row["traffic"],
            f"{row['load']:.0%}",
            number(row["rate"]),
            f"{row['missed']:.2%}",
            number(row["p50_ms"]),
            number(row["p99_ms"]),
        ]
        for row in rows
    ]
    return table(["traffic", "load", "requests a second", "missed", "p50 ms", "p99 ms"], cells)


def _fleet(rows: list[Figures], seconds: float) -> str:
    named = {"own": "beside", "random": "pool, any", "two choices": "pool, less crowded of two"}
    cells = [
        [
            row["kind"],
            row["traffic"],
            named[row["sharing"]],
            f"{row['cores']:,}",
            f"{row['busy']:.0%}",
            f"{row['missed']:.3%}",
            number(row["p99_ms"]),
        ]
        for row in rows
        if seconds >= STEADY or row["sharing"] == "own"
    ]
    told = (
        ""
        if seconds >= STEADY
        else f"\n\nPools are left out: {seconds} simulated seconds are too few for their queues."
    )
    return table(["judgments", "traffic", "sharing", "cores", "load", "missed", "p99 ms"], cells) + told


def _around(measured: Figures, simulated: Figures) -> str:
    line = measured["judgment_bytes"] + measured["feedback_bytes"]
    return (
        f"Reckoned beside it: {number(RATE * simulated['choice_ms'] / 1e3)} cores in the applications for the choices "
        f"themselves, and {number(RATE * line / 1e6)} MB of journal a second, {number(RATE * line * DAY / 1e12)} TB a "
        f"day if it goes on all day; on 1,000 hosts that is {number(RATE * line / SIDE_CARS / 1e3)} kB a second each, "
        f"in {2 * RATE // SIDE_CARS} appends."
    )


def _billion(row: Figures) -> str:
    lines = 2 * JUDGMENTS

    def hours(us: float) -> str:
        return number(lines * us / 1e6 / 3600)

    rows = [
        ["journals, as they are", f"{number(lines * row['bytes_a_line'] / 1e12)} TB", ""],
        ["Parquet", f"{number(lines * row['parquet_bytes_a_line'] / 1e9)} GB", ""],
        ["verifying all of it", "", hours(row["verify_us"])],
        ["exporting it, each host its own", "", hours(row["export_us"])],
        ["one look at every row of the judgments", "", hours(row["query_us"])],
        [
            "merging it into one file",
            "more memory than a machine has: not to be done",
            hours(row["merge_us"]),
        ],
    ]
    return table(["what", "size", "hours of one core"], rows)


def _many(simulated: Figures) -> list[str]:
    memory, rollout = simulated["service"]["memory_mb"], simulated["rollout"]
    told = (
        f"Memory, reckoned: {number(SIDE_CARS * memory / 1e3)} GB in all, "
        f"{number(memory)} MB each as it is counted on one machine. Nothing is shared and nobody "
        "coordinates: a side-car that is started, killed or cut off changes nothing for the others."
    )
    promoted = (
        f"A promotion, simulated: all go on to another model within {number(rollout['within_seconds'])} s "
        f"(`BV_RELOAD_SECONDS`), each busy with it for {number(rollout['reload_seconds'])} s of its core, at ten "
        f"requests a second each. Of {rollout['requests']:,} requests in half a minute {rollout['missed_with']:,} are "
        f"the controller's, {rollout['missed_without']:,} without the promotion."
    )
    return [told, promoted]


def _trust(rows: list[Figures]) -> str:
    cells = [[f"{row['load']}×", f"{row['measured']:.0%}", f"{row['simulated']:.0%}"] for row in rows]
    return table(["load", "answered in time, measured", "simulated"], cells)
