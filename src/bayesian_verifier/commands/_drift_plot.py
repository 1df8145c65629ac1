"""What do false alarms and delays look like?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.drift import DriftEvaluation


def draw(found: DriftEvaluation, file: Path) -> None:
    """Run lengths by population, and delays by way of deciding, into one PNG. Raises OSError."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    thresholds = list(found.rows[0].run_lengths)
    for place, threshold in enumerate(thresholds):
        lengths = [row.run_lengths[threshold] for row in found.rows]
        at = [n + 0.25 * (place - 0.5 * (len(thresholds) - 1)) for n in range(len(lengths))]
        drawn = left.errorbar(
            [one.mean for one in lengths],
            at,
            xerr=[[one.mean - one.at_least for one in lengths], [0.0] * len(lengths)],
            fmt="o",
            capsize=3,
            label=f"A = {threshold:g}",
        )
        left.axvline(threshold, color=drawn.lines[0].get_color(), linestyle=":", linewidth=1)
    left.set_yticks(range(len(found.rows)), [row.population for row in found.rows])
    left.invert_yaxis()
    left.set(xscale="log", xlabel="windows to a false alarm (bar: 99% bound; dotted: promised)")
    left.xaxis.set_major_formatter(ScalarFormatter())
    left.xaxis.set_minor_formatter(NullFormatter())
    left.set_xticks([one for one in (100, 200, 500, 1000, 2000, 5000) if _between(left.get_xlim(), one)])
    left.legend()
    for one in found.rivals:
        right.plot(list(one.delays), [late.mean for late in one.delays.values()], "o-", label=one.name)
    right.set(yscale="log", xlabel="size of the change, prior sd", ylabel="windows to the alarm")
    right.set_xticks(list(found.rivals[0].delays))
    right.legend()
    figure.savefig(file, dpi=130)


def _between(limits: tuple[float, float], value: float) -> bool:
    return limits[0] <= value <= limits[1]
