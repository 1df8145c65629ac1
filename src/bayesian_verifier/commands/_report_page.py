"""What does a quality report say to a person at a terminal?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.table import Table

_COLUMNS = {
    "sets": "sets",
    "exact_sd_mean": "exact sd",
    "kl_mean": "KL",
    "kl_worst": "worst",
    "shift_sd_rms": "move",
    "effective_mean": "ESS",
    "mean_error_rms": "mean",
    "quantile_error_rms": "quantiles",
    "sd_error_rms": "sd",
}


def print_figures(figures: Mapping[str, Any]) -> None:
    """Tables of the headline figures, and what missed the gate."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110)
    if figures["simulated"]:
        console.print(_against_exact(figures))
        console.print(
            "KL: nats, exact ‖ network alone; move: of its mean by the weights, rms in sd; ESS: effective share of the "
            "draws;\nmean, quantiles, sd: what is served less exact, rms in exact sd",
            style="dim",
        )
    for what, why in figures.get("left_out", {}).items():
        console.print(f"{what}: not asked, as {why}")
    if not figures["people"] and "people" not in figures.get("left_out", {}):
        console.print("people: no file was given (--people FILE), so nothing is said about real people")
    if figures["calibration"]:
        console.print(_calibration(figures["calibration"]))
    for line in _further(figures):
        console.print(line)
    for miss in figures["misses"]:
        console.print(f"[red]missed:[/red] {miss}")
    console.print("passes the gate" if figures["passes"] else "does not pass the gate")


def _against_exact(figures: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(
        "judgments", *_COLUMNS.values(), title=f"Against the exact posterior {figures.get('model', '')}"
    )
    rows = {"all": figures["simulated"], **figures["by_size"], **figures["by_answer"]}
    if figures["people"]:
        rows["people"] = {"sets": figures["people"]["count"], **figures["people"]}
    for label, row in rows.items():
        table.add_row(label, *(_number(row[key]) for key in _COLUMNS))
    return table


def _calibration(figures: Mapping[str, Any]) -> Table:
    from rich.table import Table

    people = figures["people_each"]
    table = Table(
        "parameter", "judgments", "50%", "80%", "90%", "95%", "ranks off even", "99% band",
        title=f"How often intervals held the truth ({people:,} simulated people a row)",
    )  # fmt: skip
    for name, by_size in figures.items():
        if not isinstance(by_size, dict):
            continue
        for size, row in by_size.items():
            shares = [f"{share:.1%}" for share in row["coverage"].values()]
            table.add_row(name, size, *shares, f"{row['rank_deviation']:.4f}", f"{row['rank_band_99']:.4f}")
    return table


def _further(figures: Mapping[str, Any]) -> Iterator[str]:
    if found := figures.get("recovery"):
        each = "; ".join(
            f"{name} {value['correlation']:.3f} (rms {value['rms']:.3f}, posterior sd {value['sd']:.3f})"
            for name, value in found.items()
            if isinstance(value, dict)
        )
        yield f"correlation of mean and truth at {found['judgments']} judgments, {found['people']} people: {each}"
    if found := figures["typicality"]:
        yield (
            f"typicality_p below 0.05 for {found['below_0.05']:.1%} and below 0.005 for "
            f"{found['below_0.005']:.2%} of {found['people']:,} simulated people"
        )
    if study := figures["misfit"]:
        yield _misfit(study)
    if figures["people"] and figures["people"]["misfit_flagged"] is not None:
        yield f"people flagged as misfits: {figures['people']['misfit_flagged']:.1%}"
    if figures["parity"]:
        off = ", ".join(f"{what} {value:.1e}" for what, value in figures["parity"].items())
        yield f"exported function against BayesFlow's object, saved and reloaded: {off}"


def _misfit(study: Mapping[str, Any]) -> str:
    worst = max(share for by_size in study["false_flags"].values() for share in by_size.values())
    lines = [f"misfit check: of honest people at most {worst:.1%} flagged at any number of judgments"]
    for answered, power in study["power"].items():
        shares = ", ".join(
            f"{'all' if name == 'all' else 'where that has ' + name.removeprefix('known_')}: {share:.2f}"
            for name, share in power.items()
            if share is not None
        )
        lines.append(f"  power over that of the test that knows the misfit, {answered}: {shares}")
    return "\n".join(lines)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
