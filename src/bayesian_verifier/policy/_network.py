"""What does a policy network say of a state? The forward pass of rl's PolicyNet, in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.policy._state import State

Array = NDArray[np.float32]
#: weights [out, in] and biases [out] of layers, in order
Layers = tuple[tuple[Array, Array], ...]


class Scores(NamedTuple):
    """Of G beliefs: options [G, n] in the state's order, and an ask [G]; before any temperature."""

    options: Array
    ask: Array


def scores_of(parts: Mapping[str, Layers], state: State, known: Array) -> Scores:
    """Scores of a state with n ≥ 1 options for people of whom `known` [G, K] is told.

    parts: "context", "scorer" and "ask", see `Policy`. One scorer is shared by the options; the ask is scored by
    their mean and greatest features.
    """
    count, n = len(known), len(state.options)
    rest = np.broadcast_to(state.rest, (count, len(state.rest)))
    context = _silu(_through(parts["context"], np.concatenate([rest, known], axis=1)))
    of_person = np.concatenate([known, context], axis=1)
    each = np.concatenate(
        [
            np.broadcast_to(state.options, (count, *state.options.shape)),
            np.broadcast_to(of_person[:, None, :], (count, n, of_person.shape[1])),
        ],
        axis=2,
    )
    pooled = np.concatenate([state.options.mean(axis=0), state.options.max(axis=0)])
    pooled = np.broadcast_to(pooled, (count, len(pooled)))
    ask = _through(parts["ask"], np.concatenate([pooled, of_person], axis=1))
    return Scores(_through(parts["scorer"], each)[..., 0], ask[:, 0])


def chances(scores: Array) -> Array:
    """Softmax over the last axis; -inf is never chosen."""
    away = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found: Array = away / away.sum(axis=-1, keepdims=True)
    return found


def _through(layers: Layers, values: Array) -> Array:
    *hidden, (weight, bias) = layers
    for inner, inner_bias in hidden:
        values = _silu(values @ inner.T + inner_bias)
    result: Array = values @ weight.T + bias
    return result


def _silu(values: Array) -> Array:
    """x·sigmoid(x), written with tanh, which overflows nowhere."""
    half = np.float32(0.5) * values
    result: Array = half + half * np.tanh(half)
    return result
