"""What does the page say of faults, and of the breaker?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _markdown import number, table, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    Figures = Mapping[str, Any]

TITLE = "## When the service is slow, lying or gone"
MOST_MS, MOST_US = 5.0, 50.0

HEAD = """Each fault is served by a process of its own; all clients ask with a time limit of {timeout:.0f} ms, in turn.
Figures are ms beyond that limit, p50 / p99 / worst; 0 where the outcome came before. Ours have one total deadline for
everything; httpx and aiohttp are used as their manuals show, with `timeout` and `ClientTimeout(total=…)`. A call that
had not ended after {patience:.0f} ms more was given up. The bare sleep is as long as the limit, after each of ours."""

BREAKER = """What a call costs while the breaker is open, in µs, and how soon it opens when a service that answered
{good} calls dies and every call hangs for {timeout:.0f} ms; then, where each call fails by itself at random, 100 a
second, how often an hour it opens, and which share of good calls it refuses."""


def faults_section(found: Figures | None) -> list[str]:
    """Overshoot by fault and client, and the breaker's cost and promptness."""
    if found is None:
        return [TITLE, "Not measured: run `make bench`."]
    names = list(found["all"])
    rows = [(fault, *(_late(by.get(name)) for name in names)) for fault, by in found["faults"].items()]
    above = found["above_a_bare_sleep_ms"]
    promises = [
        (
            f"p99.9 of `{name}` above that of a bare sleep, ms",
            f"≤ {MOST_MS:g}",
            number(got),
            verdict(got <= MOST_MS),
        )
        for name, got in above.items()
    ]
    dearest = max(row["p50_us"] for row in found["open_breaker"].values())
    promises.append(
        ("a call of an open breaker, µs", f"≤ {MOST_US:g}", number(dearest), verdict(dearest <= MOST_US))
    )
    return [
        TITLE,
        HEAD.format(timeout=found["timeout_ms"], patience=1000),
        table(("promise", "asked for", "measured", ""), promises),
        table(("fault", *names), rows),
        table(
            ("all faults", *names),
            [
                (key, *(number(found["all"][name][f"{key}_ms"]) for name in names))
                for key in ("p50", "p99", "p99.9")
            ],
        ),
        _peers(found["about"]["peers"]),
        *_breaker(found["open_breaker"], found["breaker"]),
    ]


def _late(row: Figures | None) -> str:
    if row is None:
        return "–"
    return " / ".join(number(row[key]) for key in ("p50_ms", "p99_ms", "worst_ms"))


def _peers(versions: Figures) -> str:
    return "Measured beside: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "."


def _breaker(cost: Figures, rules: Figures) -> list[str]:
    outage, quiet = rules["outage"], rules["no_outage"]
    rates, shares = (list(next(iter(by.values()))) for by in (outage, quiet))
    return [
        BREAKER.format(good=rules["good_calls_before"], timeout=1e3 * rules["timeout_s"]),
        table(
            ("open breaker", "p50 µs", "p99 µs"),
            [(n, number(r["p50_us"]), number(r["p99_us"])) for n, r in cost.items()],
        ),
        table(
            (
                "it opens on",
                *(f"dies at {rate}: calls, s" for rate in rates),
                *(f"{s}: opened/h, refused" for s in shares),
            ),
            [
                (
                    name,
                    *(f"{by[rate]['failed_calls']}, {number(by[rate]['seconds'])}" for rate in rates),
                    *(_bad(quiet[name][share]) for share in shares),
                )
                for name, by in outage.items()
            ],
        ),
    ]


def _bad(row: Figures) -> str:
    return f"{number(row['opened_an_hour'])}, {row['good_calls_refused']:.2%}"
