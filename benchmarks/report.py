"""What do the results say? The page docs/benchmarks.md with its plots, made from results/*.json alone.

python benchmarks/report.py            writes page and plots
python benchmarks/report.py --check    exits with 1 when the page is not what the results say
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _markdown import number, table
from _page_controller import controller_section
from _page_dashboard import dashboard_section
from _page_drift import drift_section
from _page_faults import faults_section
from _page_journal import journal_section
from _page_overload import overload_section
from _page_package import package_section
from _page_promotion import promotion_section
from _page_serving import serving_section
from _page_texts import HEAD, HOT_PATH, LAYER, QUALITY, RELOAD
from _record import read, say

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[1]
PAGE, IMAGES = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images"
#: More cores than this at work just before a run were at work for somebody else.
BUSY = 0.2
#: Parts that count and time nothing: other work makes them later, not different.
UNTIMED = {"drift", "challengers"}
TOTAL, INSIDE = "all, body to reply", ("JSON to Python", "judgments validated")

Figures = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    serving, quality, hot, layer = (read(n) for n in ("serving", "quality", "hot_path", "judgment_layer"))
    faults, controller, journal = read("faults"), read("controller"), read("journal")
    reload, overload, drift = read("reload"), read("overload"), read("drift")
    promotion = read("false_promotion")
    package = read("package")
    dashboard = read("dashboard")
    every = {"serving": serving, "quality": quality, "hot path": hot, "Judgment Layer": layer}
    every |= {
        "overload": overload,
        "reload": reload,
        "faults": faults,
        "controller": controller,
        "journal": journal,
        "drift": drift,
        "challengers": promotion,
        "package": package,
        "dashboard": dashboard,
    }
    parts = [
        HEAD,
        *_warning(every),
        *serving_section(serving),
        *overload_section(overload),
        *_quality(quality),
        *_hot_path(hot),
        *_judgment_layer(layer),
        *_reload(reload),
        *faults_section(faults),
        *controller_section(controller),
        *journal_section(journal),
        *drift_section(drift),
        *promotion_section(promotion),
        *package_section(package),
        *dashboard_section(dashboard),
        *_about(every),
    ]
    return "\n\n".join(parts) + "\n"


def _quality(found: Figures | None) -> list[str]:
    if found is None:
        return ["## Quality against time", "Not measured: run `make bench`."]
    sizes = ", ".join(str(n) for n in found["sizes"])
    methods = {t: m for t, m in found["methods"].items() if "skipped" not in m}
    rows = [
        (
            title,
            *(number(m[k]) for k in ("ms_per_posterior", "kl_mean", "kl_median", "mean_error_rms_sd")),
            *(number(m[k]) for k in ("quantile_error_rms_sd", "sd_ratio_mean")),
        )
        for title, m in methods.items()
    ]
    heads = ("method", "ms", "KL mean", "KL median", "mean off, sd rms", "quantiles off, sd rms", "sd ratio")
    by_size = [
        (title, *(number(m["by_judgments"][str(n)]["kl_mean"]) for n in found["sizes"]))
        for title, m in methods.items()
        if m["kl_mean"] is not None
    ]
    skipped = [f"- **skipped**: {t}: `{m['skipped']}`" for t, m in found["methods"].items() if "skipped" in m]
    return [
        "## Quality against time",
        QUALITY.format(sets=found["sets"], sizes=sizes),
        "![Quality against time](images/bench_quality.png)",
        table(heads, rows),
        *(["\n".join(skipped)] if skipped else []),
        *_training(methods.values()),
        "Mean KL by number of judgments:",
        table(("method", *(str(n) for n in found["sizes"])), by_size),
    ]


def _training(methods: Iterable[Figures]) -> list[str]:
    told = []
    for method in methods:
        named = ", ".join(f"{n} {v}" for n, v in method.get("versions", {}).items())
        if "training_s" in method:
            told.append(
                f"sbi was trained for {method['training_s']:.0f} s ({method['epochs']} epochs) on "
                f"{method['simulations']:,} simulated people ({named})."
            )
    first = [max(m["first_run_s"].values()) for m in methods if "first_run_s" in m]
    if first:
        told.append(
            f"The first run of NUTS for a number of judgments takes up to {max(first):.1f} s, compilation in it."
        )
    return [" ".join(told)] if told else []


def _hot_path(found: Figures | None) -> list[str]:
    if found is None:
        return ["## Where the time goes", "Not measured: run `make bench`."]
    stages = found["stages_ms"]
    sizes = list(stages[TOTAL])
    return [
        "## Where the time goes",
        HOT_PATH,
        "![Where the time goes](images/bench_hot_path.png)",
        table(("stage", *sizes), [(name, *(number(by[n]) for n in sizes)) for name, by in stages.items()]),
        f"Training rests on the simulator: {found['simulated_judgments_per_second']:,} judgments a second on one core.",
    ]


def _judgment_layer(found: Figures | None) -> list[str]:
    if found is None:
        return ["## The Judgment Layer's own share", "Not measured: run `make bench`."]
    return [
        "## The Judgment Layer's own share",
        LAYER,
        table(
            ("what", "p50 ms", "p99 ms"),
            [(w, number(r["p50_ms"]), number(r["p99_ms"])) for w, r in found["calls"].items()],
        ),
    ]


def _reload(found: Figures | None) -> list[str]:
    if found is None:
        return []
    rows = []
    for kind in ("cold", "warm"):
        told = found[kind]
        for when in ("quiet", "reloading"):
            spread = told[when]
            figures = (number(spread[name]) for name in ("p50_ms", "p99_ms", "max_ms"))
            rows.append((f"{kind}, {when}", *figures, f"{spread['later_than_50_ms']} of {spread['count']}"))
    memory = ", ".join(number(one) for one in found["warm"]["resident_mb"])
    return [
        "## While a model is reloaded",
        RELOAD.format(
            cold=number(found["cold"]["reload_seconds"]),
            warm=number(found["warm"]["reload_seconds"]),
            failed=found["cold"]["failed"] + found["warm"]["failed"],
            memory=memory,
        ),
        table(("cache, when", "p50 ms", "p99 ms", "longest ms", "later than 50 ms"), rows),
    ]


def _warning(results: Mapping[str, Figures | None]) -> list[str]:
    """Which parts were measured in a hurry, or on a machine that had other work."""
    told = [(name, found["about"]) for name, found in results.items() if found is not None]
    quick = [name for name, about in told if about["quick"]]
    busy = [name for name, about in told if name not in UNTIMED and not _was_quiet(about["machine"])]
    said = []
    if quick:
        said.append(f"a quick run, for the shape alone: {', '.join(quick)}")
    if busy:
        said.append(f"on a machine that was busy before, as far as is known: {', '.join(busy)}")
    return [f"**Not to be relied on** ({'; '.join(said)})."] if said else []


def _was_quiet(machine: Figures) -> bool:
    """Whether it is known that nobody else was at work."""
    busy = machine.get("busy_cores_before")
    return busy is not None and busy <= BUSY


def _about(results: Mapping[str, Figures | None]) -> list[str]:
    rows, versions = [], {}
    for name, found in results.items():
        if found is not None:
            told, machine = found["about"], found["about"]["machine"]
            versions |= told["versions"]
            rows.append(
                (
                    name,
                    told["date"],
                    told["model"],
                    f"{machine['cpu']}, {machine['cores']} cores",
                    number(machine.get("busy_cores_before")),
                )
            )
    return [
        "## What it was measured on",
        table(("part", "date", "model", "machine", "cores busy before"), rows),
        "Versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()) + ".",
    ]


def draw() -> None:
    """The plots of what was measured."""
    from _drift_plot import draw_drift  # noqa: PLC0415 - --check needs none
    from _plots import draw_hot_path, draw_quality, draw_servers, draw_sizes  # noqa: PLC0415 - --check needs none

    IMAGES.mkdir(exist_ok=True)
    if serving := read("serving"):
        draw_servers(serving, IMAGES / "bench_servers.png")
        draw_sizes(serving, IMAGES / "bench_judgments.png")
    if quality := read("quality"):
        draw_quality(quality, IMAGES / "bench_quality.png")
    if drift := read("drift"):
        draw_drift(drift, IMAGES / "bench_drift.png")
    if hot := read("hot_path"):
        apart = {name: by for name, by in hot["stages_ms"].items() if name not in (TOTAL, *INSIDE)}
        draw_hot_path(apart, IMAGES / "bench_hot_path.png")


def main() -> None:
    """Write the page, or say how it differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--quick", action="store_true", help="changes nothing here")
    if parser.parse_args().check:
        there = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        said = list(
            difflib.unified_diff(there.splitlines(), page().splitlines(), "page", "results", lineterm="")
        )
        print("\n".join(said))
        sys.exit(1 if said else 0)
    draw()
    PAGE.write_text(page(), encoding="utf-8")
    say(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
