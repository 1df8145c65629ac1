"""What does a person look at to see whether a model is good?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.training._calibration import COVERAGE_LEVELS
from bayesian_verifier.training._power_plot import draw_power
from bayesian_verifier.training._quality import strata

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from bayesian_verifier.training._report import Report

_BLUE, _RED, _GREY = "#20639b", "#d1495b", "#8a8f98"
#: of as many parameters as any model here has
_EACH = (_BLUE, _RED, "#3a8a5f", "#b07d12")
#: above the curves, for a panel's legend, as a share of their height
_ROOM = 0.2


def draw_plots(report: Report, directory: Path) -> list[str]:
    """Draw a report's plots as PNG into a directory; their file names."""
    figures = plots_of(report)
    for name, figure in figures.items():
        figure.savefig(directory / name, dpi=110)
    return list(figures)


def plots_of(report: Report) -> dict[str, Figure]:
    """A report's plots by file name."""
    figures = {}
    if report.comparisons:
        figures["exact.png"] = _exact(report)
    if report.calibrations:
        figures["calibration.png"] = _ranks(report)
    if report.power is not None:
        figures["misfit.png"] = draw_power(report.power)
    return figures


def _panels(size: tuple[float, float], grid: tuple[int, int]) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only reports need it

    figure = Figure(figsize=size, layout="constrained")
    return figure, np.ravel(figure.subplots(*grid))


def _exact(report: Report) -> Figure:
    """The network alone, what weights do to it, and what is served."""
    gate = report.figures["settings"]["gate"]
    sizes = np.array([max(c.size, 0.5) for c in report.comparisons])
    figure, (alone, effective, served) = _panels((10, 3.6), (1, 3))
    alone.loglog(sizes, [max(c.kl, 1e-6) for c in report.comparisons], ".", alpha=0.4, color=_BLUE)
    alone.axhline(gate["mean_kl"], color=_RED, lw=1, label="most allowed on average")
    alone.set(xlabel="informative judgments", ylabel="nats", title="Network alone: KL(exact ‖ network)")
    alone.legend(frameon=False, fontsize=8)
    effective.semilogx(sizes, [c.effective for c in report.comparisons], ".", alpha=0.4, color=_BLUE)
    effective.set(
        xlabel="informative judgments", ylim=(0, 1.03), title="Effective share of the weighted draws"
    )
    for values, colour, label in (
        ([c.alone for c in report.comparisons], _GREY, "mean, network alone"),
        ([c.mean for c in report.comparisons], _BLUE, "mean, served"),
        ([c.sd - 1 for c in report.comparisons], _RED, "sd, served"),
    ):
        served.semilogx(sizes, values, ".", alpha=0.5, color=colour, label=label)
    served.set(xlabel="informative judgments", title="Off exact, in exact sd", ylim=(-0.15, 0.15))
    served.legend(frameon=False, fontsize=8)
    for axis in figure.axes:
        axis.title.set_fontsize("medium")
    return figure


def _ranks(report: Report) -> Figure:
    """Ranks of the truth by stratum, less even, within their band; how far coverage is off in each panel's legend."""
    figure, axes = _panels((10, 6), (2, 3))
    calibration = report.figures["calibration"]
    names = [name for name, value in calibration.items() if isinstance(value, dict)]
    for number, ((low, high), axis) in enumerate(zip(strata(), axes, strict=True)):
        for index, (name, colour) in enumerate(zip(names, _EACH[: len(names)], strict=True)):
            ranks = np.sort([row.ranks[index] for row in report.calibrations if row.stratum == number])
            row = calibration[name][f"{low}-{high}"]
            worst = max(abs(row["coverage"][str(level)] - level) for level in COVERAGE_LEVELS)
            uneven = np.arange(1, ranks.size + 1) / ranks.size - ranks
            axis.plot(ranks, uneven, color=colour, lw=1, label=f"{worst:.3f}")
            axis.axhspan(-row["rank_band_99"], row["rank_band_99"], color="0.93", zorder=0)
        bottom, top = axis.get_ylim()
        axis.set(title=f"{low} to {high} judgments", xlim=(0, 1), ylim=(bottom, top + _ROOM * (top - bottom)))
        axis.legend(
            title="coverage off by", title_fontsize=7, fontsize=7, frameon=False, loc="upper center",
            ncols=len(names), handlelength=1, columnspacing=1,
        )  # fmt: skip
    figure.legend(axes[0].lines, names, loc="outside upper center", ncols=len(names), frameon=False)
    figure.supxlabel("rank of the truth", fontsize="medium")
    figure.supylabel("share below, less even", fontsize="medium")
    return figure
