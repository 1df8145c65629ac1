"""What does a person look at to see whether a model is good?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.training._quality import COVERAGE_LEVELS, rank_deviation

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.training._report import Report


def draw_plots(report: Report, directory: Path) -> list[str]:
    """Draw a report's plots as PNG into a directory; their file names."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only reports need it

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    sizes = np.array([max(c.size, 0.5) for c in report.comparisons])
    left.loglog(sizes, [max(c.kl, 1e-6) for c in report.comparisons], ".", alpha=0.5, color="#20639b")
    left.axhline(
        report.figures["settings"]["gate"]["mean_kl"], color="#d1495b", lw=1, label="gate on the mean"
    )
    left.set(
        xlabel="informative judgments", ylabel="KL(exact ‖ network), nats", title="Off the exact posterior"
    )
    left.legend(frameon=False)
    right.semilogx(
        sizes, [c.mean_error for c in report.comparisons], ".", alpha=0.5, label="mean, in exact sd"
    )
    right.semilogx(sizes, [c.sd_ratio - 1 for c in report.comparisons], ".", alpha=0.5, label="sd ratio - 1")
    right.set(xlabel="informative judgments", title="What is served, against exact", ylim=(-0.5, 0.5))
    right.legend(frameon=False)
    figure.savefig(directory / "exact.png", dpi=110)
    names = ["exact.png"]
    if report.calibrations:
        names.append(_calibration_plot(report, directory))
    return names


def _calibration_plot(report: Report, directory: Path) -> str:
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for index, (name, of_parameter) in enumerate(report.figures["calibration"].items()):
        ranks = np.sort([c.ranks[index] for c in report.calibrations])
        left.plot(ranks, np.arange(1, ranks.size + 1) / ranks.size - ranks, label=name)
        right.plot(
            COVERAGE_LEVELS, [of_parameter["coverage"][str(v)] for v in COVERAGE_LEVELS], "o-", label=name
        )
    _, bound = rank_deviation(report.calibrations)
    left.axhspan(-bound, bound, color="0.9", label="99% band, all ranks at once")
    left.set(xlabel="rank of the truth among the draws", ylabel="share below, less even", title="Ranks")
    right.plot([0.45, 1], [0.45, 1], color="0.6", lw=1)
    right.set(xlabel="level of the interval", ylabel="how often it held the truth", title="Coverage")
    left.legend(frameon=False, fontsize=8)
    right.legend(frameon=False, fontsize=8)
    figure.savefig(directory / "calibration.png", dpi=110)
    return "calibration.png"
