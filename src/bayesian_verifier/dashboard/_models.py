"""Which models are in the store, which of them answers, and what do their quality reports say? From the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.dashboard._plain_json import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST = 50
_STRATUM = (
    "sets",
    "kl_mean",
    "mean_error_rms",
    "quantile_error_rms",
    "sd_error_rms",
    "sd_ratio_mean",
    "unreliable",
)
_GATE = ("mean_kl", "served_mean", "served_quantiles", "served_sd", "unreliable", "false_flags")


class ModelFiles(NamedTuple):
    """Where models are: the store's root, and the name of the one that is served."""

    root: Path
    name: str


def models_document(files: ModelFiles) -> dict[str, Any]:
    """Versions, newest first, each with its headline figures and its strata."""
    place = files.root / files.name
    roles = {_pointer(place / "previous"): "previous", _pointer(place / "current"): "current"}
    found = sorted(
        (one.parent for one in place.glob("*/manifest.json")), key=lambda one: one.name, reverse=True
    )
    versions = [{**_version(one), "role": roles.get(one.name)} for one in found[:_MOST]]
    return {
        "name": files.name,
        "current": _pointer(place / "current"),
        "versions": versions,
        "of": len(found),
    }


def _version(place: Path) -> dict[str, Any]:
    manifest, report = _read(place / "manifest.json"), _read(place / "report.json")
    quality = _table(manifest.get("quality"))
    simulated = _table(quality.get("simulated"))
    gate = _table(_table(report.get("settings")).get("gate"))
    return {
        "version": place.name,
        "created": manifest.get("created"),
        "readable": bool(manifest),
        "passes": quality.get("passes"),
        "trained_in": _table(manifest.get("training")).get("seconds"),
        "prior": [
            {name: one.get(name) for name in ("name", "link", "prior_mean", "prior_sd")}
            for one in manifest.get("parameters", ())
            if isinstance(one, dict)
        ],
        "headline": {name: simulated.get(name) for name in _STRATUM},
        "coverage_error": _worst(dict(_coverage(report))),
        "gate": {name: gate.get(name) for name in _GATE},
        "strata": [
            {"judgments": stratum, **{name: _table(figures).get(name) for name in _STRATUM}}
            for stratum, figures in _table(report.get("by_size")).items()
        ],
    }


def _coverage(report: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """How far intervals are from holding what they say, by stratum and level."""
    for stratum, figures in _table(_table(report.get("calibration")).get("risk_aversion")).items():
        for level, share in _table(_table(figures).get("coverage")).items():
            if isinstance(share, float):
                yield f"{stratum} {level}", abs(share - float(level))


def _worst(errors: dict[str, float]) -> float | None:
    return max(errors.values(), default=None)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _pointer(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _read(file: Path) -> dict[str, Any]:
    """A file's object; nothing where there is none, or one that cannot be read: the page says so."""
    try:
        return _table(read_json(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}
