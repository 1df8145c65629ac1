"""What do the figures look like? PNG files for the page, each from one results file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

Figures = Mapping[str, Any]
INK = {
    "ours": "#20639b",
    "constant": "#8a8d91",
    "approximator": "#d1495b",
    "bentoml": "#edae49",
    "litserve": "#66a182",
}
BY_METHOD = {
    "ours": "#20639b",
    "approximator": "#d1495b",
    "nuts": "#edae49",
    "sbi": "#66a182",
    "exact": "#8a8d91",
}


def colour(name: str) -> str:
    """Of a server: both ways to reach one have the same."""
    return INK[name.split("-", 1)[0]]


def latency_of(subject: Figures) -> Figures:
    """By wrk where it measured, else by our own loop."""
    found: Figures = subject["latency"].get("wrk") or subject["latency"]["python"]
    return found


def throughput_of(subject: Figures) -> float:
    """Likewise, replies a second."""
    tools = subject["throughput"]
    return float((tools.get("wrk") or tools["python"])["best_per_second"])


def draw_servers(serving: Figures, file: Path) -> None:
    """Latency of one client, p50 to p99, and throughput, of every server that was measured."""
    measured = {n: s for n, s in serving["subjects"].items() if s.get("latency") and s.get("throughput")}
    figure = Figure(figsize=(10, 0.6 + 0.42 * len(measured)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for place, (name, subject) in enumerate(measured.items()):
        latency = latency_of(subject)
        left.plot([latency["p50_ms"], latency["p99_ms"]], [place] * 2, color=colour(name), lw=2)
        left.plot(latency["p50_ms"], place, "o", color=colour(name))
        bar = right.barh(place, throughput_of(subject), color=colour(name), height=0.6)
        right.bar_label(bar, fmt="{:,.0f}", padding=3, fontsize=8)
    left.set_yticks(range(len(measured)), [s["title"] for s in measured.values()])
    left.invert_yaxis()
    left.set(xscale="log", xlabel="ms, one client: p50 (dot) to p99")
    right.set(xscale="log", xlabel="replies a second at saturation")
    _save(figure, (left, right), file)


def draw_sizes(serving: Figures, file: Path) -> None:
    """p50 against the number of judgments, and that of one judgment on top of a state."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots()
    for name, subject in serving["subjects"].items():
        if by := subject.get("by_judgments"):
            axes.plot(*_curve(by, "p50_ms"), "o-", color=colour(name), label=subject["title"])
    ours = serving["subjects"].get("ours", {}).get("by_judgments")
    if ours:
        axes.plot(
            *_curve(ours, "network_ms"), ":", color=colour("ours"), label="this service, its network alone"
        )
    if serving["streaming"]:
        axes.plot(
            *_curve(serving["streaming"], "p50_ms"),
            "s--",
            color=colour("ours"),
            label="one judgment on top of so many",
        )
    axes.set(xscale="log", yscale="log", xlabel="judgments", ylabel="p50 over HTTP, ms")
    figure.legend(loc="outside right upper", frameon=False, fontsize=7)
    _save(figure, (axes,), file)


def draw_quality(quality: Figures, file: Path) -> None:
    """KL and error of quantiles against time for a posterior."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for title, method in quality["methods"].items():
        if "skipped" in method:
            continue
        look = {"color": BY_METHOD[method["by"]], "label": title}
        if method["kl_mean"] is not None:
            left.plot(method["ms_per_posterior"], max(method["kl_mean"], 1e-6), "o", **look)
        right.plot(method["ms_per_posterior"], method["quantile_error_rms_sd"], "o", **look)
    left.set(
        xscale="log", yscale="log", xlabel="ms for a posterior", ylabel="KL(exact ‖ method) of r, nats, mean"
    )
    right.set(xscale="log", yscale="log", xlabel="ms for a posterior", ylabel="quantiles off exact, sd, rms")
    figure.legend(
        *right.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=7
    )
    _save(figure, (left, right), file)


def draw_hot_path(stages: Mapping[str, Mapping[str, float]], file: Path) -> None:
    """Where the time goes, by number of judgments."""
    sizes = list(next(iter(stages.values())))
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    reached = dict.fromkeys(sizes, 0.0)
    for name, by_size in stages.items():
        axes.barh(
            sizes, [by_size[s] for s in sizes], left=[reached[s] for s in sizes], height=0.6, label=name
        )
        reached = {s: reached[s] + by_size[s] for s in sizes}
    axes.invert_yaxis()
    axes.set(xlabel="ms in the inference thread", ylabel="judgments")
    figure.legend(loc="outside right upper", frameon=False, fontsize=7)
    _save(figure, (axes,), file)


def _curve(by_size: Mapping[str, Figures], what: str) -> tuple[list[int], list[float]]:
    there = {int(size): row[what] for size, row in by_size.items() if what in row}
    return list(there), list(there.values())


def _save(figure: Figure, every: Sequence[Axes], file: Path) -> None:
    for axes in every:
        axes.grid(visible=True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    # no date and no version inside, so that the same figures make the same file
    figure.savefig(file, dpi=110, metadata={"Software": None})
