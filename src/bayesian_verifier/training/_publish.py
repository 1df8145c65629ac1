"""How does a trained approximator become a version in the store?"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.artifact import Manifest, ParameterNote, digest
from bayesian_verifier.artifact import _manifest as names
from bayesian_verifier.training._export import write_weights
from bayesian_verifier.training._plots import draw_plots

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.artifact import ModelStore
    from bayesian_verifier.posterior import MisfitCalibration, TypicalityTable
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._report import Report
    from bayesian_verifier.training._settings import TrainingSettings

_PACKAGES = ("bayesian-verifier", "bayesflow", "jax", "jaxlib", "keras", "numpy")


def publish(
    store: ModelStore,
    approximator: Any,
    blob: bytes,
    simulator: Simulator,
    settings: TrainingSettings,
    report: Report,
    typicality: TypicalityTable,
    misfit: MisfitCalibration | None,
    *,
    now: datetime,
    training: dict[str, Any],
) -> str:
    """Write the model, its report and its plots as a new version; the version's name.

    now: aware; the version is named by it and by the start of the function's sha256.
    """
    stamp = now.astimezone(UTC)
    version = f"{stamp:%Y-%m-%dT%H-%M-%SZ}-{hashlib.sha256(blob).hexdigest()[:12]}"
    with store.publishing(settings.name, version) as directory:
        (directory / names.FUNCTION).write_bytes(blob)
        write_weights(approximator, directory / names.WEIGHTS)
        (directory / names.REPORT).write_text(json.dumps(report.to_json(), indent=1, allow_nan=False) + "\n")
        with (directory / names.CHECKS).open("wb") as stream:
            np.savez_compressed(stream, **typicality.to_arrays())  # type: ignore[arg-type]
        if misfit is not None:
            (directory / names.MISFIT).write_text(json.dumps(misfit.to_json(), allow_nan=False) + "\n")
        (directory / "plots").mkdir()
        draw_plots(report, directory / "plots")
        manifest = Manifest(
            name=settings.name,
            version=version,
            created=stamp.isoformat(timespec="seconds"),
            simulator=simulator.name,
            parameters=tuple(
                ParameterNote(name=p.name, link=p.link, prior_mean=p.prior_mean, prior_sd=p.prior_sd)
                for p in simulator.parameters
            ),
            features=simulator.feature_layout,
            sums_size=simulator.sums_size,
            network=settings.network.model_dump(mode="json"),
            training=training,
            quality=headline(report),
            versions={package: installed(package) for package in _PACKAGES},
            files=_digests(directory),
        )
        (directory / names.MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n")
    return version


def headline(report: Report) -> dict[str, Any]:
    """The few figures of a report that a manifest carries."""
    figures = report.figures
    return {
        "passes": not report.misses,
        "simulated": figures["simulated"],
        "people": {k: v for k, v in figures["people"].items() if k != "each"} if figures["people"] else None,
        "by_size": figures["by_size"],
        "calibration": figures["calibration"],
        "recovery": figures["recovery"],
        "typicality": figures["typicality"],
        "misfit": _misfit_headline(figures["misfit"]),
        "parity": figures["parity"],
        "left_out": figures["left_out"],
    }


def _misfit_headline(study: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if study is None else {k: study[k] for k in ("flag_below", "people", "false_flags", "power")}


def _digests(directory: Path) -> dict[str, str]:
    files = sorted(p for p in directory.rglob("*") if p.is_file())
    return {str(p.relative_to(directory)): digest(p) for p in files}
