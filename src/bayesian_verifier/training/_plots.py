"""What does a person look at to see whether a model is good?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.training._calibration import COVERAGE_LEVELS
from bayesian_verifier.training._power_plot import draw_power
from bayesian_verifier.training._quality import strata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.training._report import Report

_BLUE, _RED, _GREY = "#20639b", "#d1495b", "#8a8f98"
#: of as many parameters as any model here has
_EACH = (_BLUE, _RED, "#3a8a5f", "#b07d12")


def draw_plots(report: Report, directory: Path) -> list[str]:
    """Draw a report's plots as PNG into a directory; their file names."""
    names = []
    if report.comparisons:
        names.append(_saved(directory, "exact.png", (10, 3.6), (1, 3), lambda axes: _exact(report, axes)))
    if report.calibrations:
        names.append(
            _saved(directory, "calibration.png", (10, 5.6), (2, 3), lambda axes: _ranks(report, axes))
        )
    if report.power is not None:
        draw_power(report.power).savefig(directory / "misfit.png", dpi=110)
        names.append("misfit.png")
    return names


def _saved(
    directory: Path, name: str, size: tuple[float, float], grid: tuple[int, int], draw: Callable[[Any], None]
) -> str:
    from matplotlib.figure import Figure  # noqa: PLC0415 - only reports need it

    figure = Figure(figsize=size, layout="constrained")
    draw(np.ravel(figure.subplots(*grid)))
    figure.savefig(directory / name, dpi=110)
    return name


def _exact(report: Report, axes: Any) -> None:
    """The network alone, what weights do to it, and what is served."""
    gate = report.figures["settings"]["gate"]
    sizes = np.array([max(c.size, 0.5) for c in report.comparisons])
    alone, effective, served = axes
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


def _ranks(report: Report, axes: Any) -> None:
    """Ranks of the truth by stratum, less even, within their band; coverage in the legend."""
    names = [name for name, value in report.figures["calibration"].items() if isinstance(value, dict)]
    for number, ((low, high), axis) in enumerate(zip(strata(), axes, strict=True)):
        for index, (name, colour) in enumerate(zip(names, _EACH[: len(names)], strict=True)):
            ranks = np.sort([row.ranks[index] for row in report.calibrations if row.stratum == number])
            row = report.figures["calibration"][name][f"{low}-{high}"]
            worst = max(abs(row["coverage"][str(level)] - level) for level in COVERAGE_LEVELS)
            label = f"{name}: coverage off by {worst:.3f}"
            axis.plot(
                ranks, np.arange(1, ranks.size + 1) / ranks.size - ranks, color=colour, lw=1, label=label
            )
            axis.axhspan(-row["rank_band_99"], row["rank_band_99"], color="0.93", zorder=0)
        axis.set(title=f"{low} to {high} judgments", xlim=(0, 1))
        axis.legend(frameon=False, fontsize=7)
    axes[3].set(xlabel="rank of the truth", ylabel="share below, less even")
