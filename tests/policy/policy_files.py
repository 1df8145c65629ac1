"""A policy's file as `experiment run` writes one, its weights drawn at random: no use, but as good to compute with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

OPTION, REST = 8, 24
ABOUT: dict[str, Any] = {
    "v": 1,
    "known": ["mean", "sd"],
    "of_option": [],
    "prior": {"mean": 0.5, "sd": 1.0},
    "shown_at": [-1.0, 0.0, 0.5, 1.0, 2.0],
    "option_features": OPTION,
    "rest_features": REST,
    "temperature": 0.0,
    "arm": "hybrid",
    "environment": "A",
    "provenance": {"experiment": "none", "seed": 0, "steps": 0},
}


def arrays_of(seed: int, *, known: int = 2, width: int = 8) -> dict[str, np.ndarray]:
    """Weights that keep the size of what goes through them."""
    rng = np.random.default_rng(seed)
    shapes = {
        "context": [(width, REST + known), (width, width)],
        "scorer": [(width, OPTION + known + width), (width, width), (1, width)],
        "ask": [(width, 2 * OPTION + known + width), (width, width), (1, width)],
    }
    found = {}
    for name, layers in shapes.items():
        for number, (out, into) in enumerate(layers):
            found[f"{name}/{number}/weight"] = rng.normal(0, 3 / np.sqrt(into), (out, into)).astype(
                np.float32
            )
            found[f"{name}/{number}/bias"] = rng.normal(0, 0.3, out).astype(np.float32)
    return found


def written(path: Path, seed: int = 0, *, change: dict[str, Any] | None = None, **about: Any) -> Path:  # noqa: ANN401
    """The file. change: arrays in place of others, None for none.   about: members in place of the usual."""
    told = {**ABOUT, **about}
    arrays = {**arrays_of(seed, known=len(told["known"])), **(change or {})}
    arrays = {name: values for name, values in arrays.items() if values is not None}
    np.savez(path, about=np.array(json.dumps(told)), **arrays)
    return path
