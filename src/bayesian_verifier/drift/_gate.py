"""Which figures of an evaluation miss what is asked?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.drift._evaluation import DriftEvaluation


def misses(found: DriftEvaluation, delays: Mapping[float, float]) -> list[str]:
    """A sentence for each. A row that is there to show what uncalibrated posteriors do is not asked to hold."""
    said = []
    for row in found.rows:
        for threshold, length in row.run_lengths.items():
            if row.promised and length.at_least < threshold:
                said.append(
                    f"{row.population}: a false alarm every {length.mean:.0f} windows "
                    f"(99%: {length.at_least:.0f} or more), asked: {threshold:.0f}"
                )
    for moved, most in delays.items():
        late = found.rivals[0].delays[moved]
        if late.mean > most:
            said.append(
                f"a change of {moved:g} prior sd is noticed after {late.mean:.1f} windows, asked: {most:g}"
            )
    return said
