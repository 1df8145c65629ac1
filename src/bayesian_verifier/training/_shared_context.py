"""How does a flow read, once and not once a draw, what all of its draws have in common?

A coupling's network is handed each draw with the same words beside it, and half of its first layer is spent on these.
Where all rows are of one person, the first row's share of that layer is everybody's.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import keras
from bayesflow.networks import MLP

if TYPE_CHECKING:
    from collections.abc import Iterator

_of_one_person = ContextVar("of_one_person", default=False)


@contextmanager
def of_one_person() -> Iterator[None]:
    """Whatever is traced in here is handed inputs [..., D, W] whose words are alike in all D rows."""
    token = _of_one_person.set(True)
    try:
        yield
    finally:
        _of_one_person.reset(token)


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class SharedContextMLP(MLP):
    """BayesFlow's MLP, with the same weights and the same result, of inputs that end with so many shared words."""

    def __init__(self, *, shared: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared = int(shared)

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Of inputs [..., D, W]."""
        if not _of_one_person.get():
            return super().call(x, training=training)
        first, *others = self.blocks
        own = x.shape[-1] - self.shared
        kernel = first.dense.kernel
        together = x[..., :1, own:] @ kernel[own:] + first.dense.bias
        h = first.activation(jnp.matmul(x[..., :own], kernel[:own]) + together)
        for block in others:
            h = block(h, training=training)
        return h

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return dict(super().get_config()) | {"shared": self.shared}
