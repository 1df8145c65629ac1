"""How does a learned policy leave this room, so that who reads it needs no JAX? As arrays of NumPy under plain names.

`about` is JSON; `context/0/weight` [out, in], `context/0/bias` [out] and so on are the layers of each head.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bayesian_verifier.rl._policy import PolicyNet

VERSION = 1
_HEADS = ("context", "scorer", "ask", "value")


def write_policy(file: Path, policy: PolicyNet, about: Mapping[str, Any]) -> None:
    """The weights of a policy and what is to be known of it; the file is there wholly or not at all."""
    arrays: dict[str, Any] = {}
    for head in _HEADS:
        for number, layer in enumerate(getattr(policy, head).layers):
            arrays[f"{head}/{number}/weight"] = np.asarray(layer.weight, np.float32)
            arrays[f"{head}/{number}/bias"] = np.asarray(layer.bias, np.float32).reshape(-1)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    with half.open("wb") as out:
        np.savez(out, about=np.array(json.dumps({"v": VERSION, **about})), **arrays)
    half.replace(file)
