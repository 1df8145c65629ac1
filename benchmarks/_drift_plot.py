"""How do ways to notice a change compare? Delay against run length, and run lengths on other people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

Figures = Mapping[str, Any]

INK = {
    "e-detector": "#20639b",
    "CUSUM": "#edae49",
    "KL to the window before": "#8a8d91",
    "Page-Hinkley": "#d1495b",
    "ADWIN": "#66a182",
    "CVMDriftOnline": "#7d5ba6",
}
TICKS = (20, 50, 100, 200, 500, 1000, 2000, 4000)
MARK = {"posteriors": "o", "means": "s", "surprises": "^"}


def draw_drift(found: Figures, file: Path) -> None:
    """Left to middle: delay by run length on the first mix. Right: run lengths where ways were not set."""
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    axes = figure.subplots(1, 3, width_ratios=(1, 1, 1.4))
    _delays(axes[0], found, "0.5")
    _delays(axes[1], found, "1")
    _run_lengths(axes[2], found)
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=7
    )
    for one in axes:
        low, high = one.get_xlim()
        one.set_xticks([tick for tick in TICKS if low <= tick <= high])
        one.xaxis.set_major_formatter(ScalarFormatter())
        one.xaxis.set_minor_formatter(NullFormatter())
        one.grid(visible=True, alpha=0.25)
        one.spines[["top", "right"]].set_visible(False)
    # no date and no version inside, so that the same figures make the same file
    figure.savefig(file, dpi=110, metadata={"Software": None})


def _delays(axes: Axes, found: Figures, moved: str) -> None:
    told = set()
    for way in found["ways"]:
        late, length = way["delays"]["normal"][moved], next(iter(way["run_lengths"].values()))
        if late["mean"] is None:
            continue
        kind = f"{way['title']}, {way['feed']}"
        axes.errorbar(
            length["mean"],
            late["mean"],
            yerr=late["standard_error"],
            fmt=MARK[way["feed"]],
            color=INK[way["title"]],
            fillstyle="none" if way["wanted"] is None else "full",
            label=None if kind in told else kind,
        )
        told.add(kind)
    axes.set(xscale="log", yscale="log", xlabel="windows to a false alarm", ylabel="windows to the alarm")
    axes.set_title(f"a change of {moved} prior sd", fontsize=9)


def _run_lengths(axes: Axes, found: Figures) -> None:
    wanted = found["wanted"][-1]
    ways = [way for way in found["ways"] if way["wanted"] == wanted]
    streams = list(ways[0]["run_lengths"])
    for place, way in enumerate(ways):
        at = [n + 0.7 * ((place + 0.5) / len(ways) - 0.5) for n in range(len(streams))]
        axes.plot(
            [way["run_lengths"][s]["mean"] for s in streams],
            at,
            MARK[way["feed"]],
            color=INK[way["title"]],
            fillstyle="full" if way["setting"].startswith("promised") else "none",
        )
    axes.axvline(wanted, color="#555555", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(streams)), streams, fontsize=8)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel=f"windows to a false alarm, asked: {wanted:g} (full: promised)")
