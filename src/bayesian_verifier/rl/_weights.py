"""How does a learned policy leave this room, so that who reads it needs no JAX? As arrays of NumPy under plain names.

`about` is JSON; `context/0/weight` [out, in], `context/0/bias` [out] and so on are the layers of each head. A policy
that reads expected utilities has `direct` beside them, one with a memory the layers `inward` and `onward` of its gates.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.rl._memory import Remembering

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bayesian_verifier.rl._memory import Policy

VERSION = 1
_HEADS = ("context", "scorer", "ask", "value")


def write_policy(file: Path, policy: Policy, about: Mapping[str, Any]) -> None:
    """The weights of a policy and what is to be known of it; the file is there wholly or not at all."""
    write_bytes(file, policy_bytes(policy, about))


def policy_bytes(policy: Policy, about: Mapping[str, Any]) -> bytes:
    """The same, as the bytes of such a file."""
    out = BytesIO()
    np.savez(out, about=np.array(json.dumps({"v": VERSION, **about})), **_arrays(policy))
    return out.getvalue()


def write_bytes(file: Path, content: bytes) -> None:
    """A file that is there wholly or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    half.write_bytes(content)
    half.replace(file)


def _arrays(policy: Policy) -> dict[str, Any]:
    net = policy.net if isinstance(policy, Remembering) else policy
    layers = {
        f"{head}/{number}": layer for head in _HEADS for number, layer in enumerate(getattr(net, head).layers)
    }
    if isinstance(policy, Remembering):
        layers |= {"inward/0": policy.inward, "onward/0": policy.onward}
    found = {f"{name}/weight": np.asarray(layer.weight, np.float32) for name, layer in layers.items()}
    found |= {
        f"{name}/bias": np.asarray(layer.bias, np.float32).reshape(-1) for name, layer in layers.items()
    }
    return found | ({"direct": np.asarray(net.direct, np.float32)} if net.direct.size else {})
