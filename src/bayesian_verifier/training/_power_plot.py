"""What does the power of the misfit check look like?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bayesian_verifier.training._misfit_power import FLAG_BELOW

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bayesian_verifier.training._misfit_power import PowerRow, PowerStudy


def draw_power(study: PowerStudy) -> Figure:
    """Power curves: the check in colour, the test that knows the alternative in grey."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only reports need it

    curves: dict[tuple[str, str], list[PowerRow]] = {}
    for row in study.rows:
        curves.setdefault((row.way, row.answered), []).append(row)
    across = 4
    down = max(1, math.ceil(len(curves) / across))
    figure = Figure(figsize=(12, 2.5 * down), layout="constrained")
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for panel, ((way, answered), rows) in zip(panels, curves.items(), strict=False):
        sizes = [row.judgments for row in rows]
        panel.semilogx(
            sizes, [row.known for row in rows], "o-", base=2, color="0.6", label="knows the alternative"
        )
        panel.errorbar(
            sizes,
            [row.flagged for row in rows],
            [2 * row.error for row in rows],
            color="#20639b",
            label="the check",
        )
        panel.axhline(FLAG_BELOW, color="#d1495b", lw=1)
        panel.set(title=f"{way}\n{answered}", ylim=(0, 1.02))
        panel.title.set_fontsize(9)
    for panel in panels[len(curves) :]:
        panel.set_axis_off()
    panels[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("informative judgments")
    figure.supylabel("share flagged")
    return figure
