"""Can a policy be used from its exported weights alone, without JAX?"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rl_compiling import quickly

from bayesian_verifier.rl import ARMS, PolicyNet, Seen, Told, write_policy
from bayesian_verifier.rl._memory import policy_of
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from pathlib import Path


def mlp(layers: np.lib.npyio.NpzFile, head: str, x: np.ndarray) -> np.ndarray:
    """Layers of a head one after the other, in NumPy."""
    count = sum(name.startswith(f"{head}/") and name.endswith("weight") for name in layers.files)
    for number in range(count):
        x = x @ layers[f"{head}/{number}/weight"].T + layers[f"{head}/{number}/bias"]
        if number < count - 1:
            x = x / (1 + np.exp(-x))
    return x


@pytest.mark.parametrize("name", ["hybrid", "hybrid_outlook"])
def test_a_forward_pass_in_numpy_says_what_the_policy_says(name: str, tmp_path: Path) -> None:
    """To single precision, from the file and what docs/rl.md says of it."""
    arm = ARMS[name]
    policy = policy_of(jax.random.key(4), arm, 16)
    write_policy(tmp_path / "p.npz", policy, {"arm": name})
    layers = np.load(tmp_path / "p.npz", allow_pickle=False)
    assert json.loads(str(layers["about"])) == {"v": 1, "arm": name}
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, OPTION_FEATURES)), rng.normal(size=REST_FEATURES)
    shown = Seen(*(np.asarray(one, np.float32) for one in features), np.ones((), bool))
    known, of_options = rng.normal(size=len(arm.known)), rng.normal(size=(3, len(arm.of_option)))
    said = quickly(partial(PolicyNet.__call__, policy))(
        shown, Told(jnp.asarray(known, jnp.float32), jnp.asarray(of_options, jnp.float32))
    )
    context = mlp(layers, "context", np.concatenate([shown.rest, known]))
    person = np.concatenate([known, context / (1 + np.exp(-context))])
    options = np.concatenate([shown.options, of_options], axis=1)
    scores = [mlp(layers, "scorer", np.concatenate([one, person]))[0] for one in options]
    if arm.of_option:
        scores += of_options @ layers["direct"]
    every = np.concatenate([options.mean(axis=0), options.max(axis=0), person])
    logits = np.append(scores, mlp(layers, "ask", every))
    expected = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    np.testing.assert_allclose(said.log_probability, expected, atol=1e-5)
    assert float(said.value) == pytest.approx(float(mlp(layers, "value", every)[0]), abs=1e-5)
