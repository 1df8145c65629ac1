"""Which figures of a report does a model miss?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.training._calibration import COVERAGE_LEVELS, sampling_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bayesian_verifier.training._settings import Gate

Asked = tuple[str, float, float]


def misses_of(figures: Mapping[str, Any], gate: Gate) -> list[str]:
    """Each figure that misses the gate, said with both numbers; one that is no number misses too."""
    asked = [
        *_alone(figures, gate),
        *_served(figures, gate),
        *_calibrated(figures, gate),
        *_misfits(figures, gate),
    ]
    return [f"{what}: {value:.3g} is above {most:.3g}" for what, value, most in asked if not value <= most]


def _alone(figures: Mapping[str, Any], gate: Gate) -> Iterator[Asked]:
    if simulated := figures["simulated"]:
        yield "mean KL of the network alone", simulated["kl_mean"], gate.mean_kl
        yield "move by the weights, rms in sd", simulated["shift_sd_rms"], gate.shift_sd
        yield "share of people with unreliable weights", simulated["unreliable"], gate.unreliable
    if found := figures.get("recovery"):
        first = next(value for value in found.values() if isinstance(value, dict))
        what = f"1 less the correlation of mean and truth at {found['judgments']} judgments"
        yield what, 1 - first["correlation"], 1 - gate.recovery
    if figures["people"]:
        yield "mean KL on people's judgments", figures["people"]["kl_mean"], gate.people_kl
    for name, value in (figures["parity"] or {}).items():
        yield f"parity of {name}", value, gate.parity


def _served(figures: Mapping[str, Any], gate: Gate) -> Iterator[Asked]:
    for size, row in figures["by_size"].items():
        yield f"served mean at {size} judgments, rms in sd", row["mean_error_rms"], gate.served_mean
        yield (
            f"served quantiles at {size} judgments, rms in sd",
            row["quantile_error_rms"],
            gate.served_quantiles,
        )
        yield f"served sd at {size} judgments, rms", row["sd_error_rms"], gate.served_sd


def _calibrated(figures: Mapping[str, Any], gate: Gate) -> Iterator[Asked]:
    strata = {k: v for k, v in figures["calibration"].items() if isinstance(v, dict)}
    together = len(COVERAGE_LEVELS) * sum(len(by_size) for by_size in strata.values())
    for name, by_size in strata.items():
        for size, row in by_size.items():
            yield f"ranks of {name} at {size} judgments", row["rank_deviation"], row["rank_band_99"]
            for level, share in row["coverage"].items():
                people = figures["calibration"]["people_each"]
                chance = sampling_error(float(level), people, together)
                most = max(gate.coverage_error, chance)
                yield f"{float(level):.0%} coverage of {name} at {size}", abs(share - float(level)), most
    if figures["typicality"]:
        found = figures["typicality"]
        error = max(gate.typicality_error, sampling_error(0.05, found["people"], 1))
        yield "share with typicality_p below 0.05, less 0.05", abs(found["below_0.05"] - 0.05), error


def _misfits(figures: Mapping[str, Any], gate: Gate) -> Iterator[Asked]:
    study = figures["misfit"]
    if study is None:
        return
    together = sum(len(by_size) for by_size in study["false_flags"].values())
    chance = sampling_error(min(gate.false_flags, 1.0), 2 * study["people"], together)
    for answered, by_size in study["false_flags"].items():
        for size, share in by_size.items():
            what = f"honest people flagged as misfits, {answered}, {size} judgments"
            yield what, share, gate.false_flags + chance
    for answered, power in study["power"].items():
        if (share := power["known_0.95"]) is not None:
            yield (
                f"power lost where the knowing test is nearly sure, {answered}",
                1 - share,
                gate.power_lost,
            )
