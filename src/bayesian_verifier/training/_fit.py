"""How do the networks learn, the same from the same seed, and on from where they were stopped?

Two losses. Potentials, where the summary has any, minimise the negative log of its own density at the true θ, sets
weighted by size so that a few large ones do not drown the rest. The flow minimises the negative log-density of values
of θ given the summary: what those are is the summary's to say (`lesson`).
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.training._sets import set_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.training._sets import Batch, Batches
    from bayesian_verifier.training._settings import StepSettings

_HALF_WEIGHT = 4.0  # sets much larger than this count by the inverse root of their size


class Progress(NamedTuple):
    """Where training is: step done, mean loss of the potentials and of the flow since the last report."""

    step: int
    potential_loss: float
    flow_loss: float


class _State(NamedTuple):
    weights: list[Any]
    optimiser: list[Any]
    average: list[Any]


@dataclass(frozen=True)
class Fit:
    """Training of one approximator by batches from one source."""

    approximator: Any
    source: Batches
    settings: StepSettings

    def run(
        self, checkpoint: Path | None = None, report: Callable[[Progress], None] = lambda _: None
    ) -> None:
        """Train to the end and leave the averaged weights in the approximator.

        checkpoint: file that a stopped run goes on from and is written to as it goes; removed at the end.
        """
        state, done = self._start(checkpoint)
        step = self._compiled_step()
        losses: list[Any] = []
        for number, batch in _prefetched(self.source.batch, done, self.settings.count):
            state, loss = step(state, batch.theta, batch.sums, number)
            losses.append(loss)
            finished = number + 1
            if finished % 50 == 0 or finished == self.settings.count:
                report(Progress(finished, *np.asarray(losses).mean(axis=0).tolist()))
                losses.clear()
            if checkpoint and finished % self.settings.checkpoint == 0:
                _save(checkpoint, state, finished)
        for variable, value in zip(self._variables, state.average, strict=True):
            variable.assign(value)
        if checkpoint:
            checkpoint.unlink(missing_ok=True)

    @property
    def _variables(self) -> list[Any]:
        a = self.approximator
        return [*a.summary_network.trainable_variables, *a.inference_network.trainable_variables]

    def _start(self, checkpoint: Path | None) -> tuple[_State, int]:
        self._optimiser.build(self._variables)
        weights = [v.value for v in self._variables]
        optimiser = [v.value for v in self._optimiser.variables]
        # copies: what a step is given it may overwrite, and the average must not share the weights' memory
        state = _State(*([jnp.array(v, copy=True) for v in part] for part in (weights, optimiser, weights)))
        if checkpoint and checkpoint.exists():
            return _load(checkpoint, state)
        return state, 0

    def __post_init__(self) -> None:
        """Make the optimiser whose rate falls as a cosine to the end."""
        s = self.settings
        rate = keras.optimizers.schedules.CosineDecay(
            1e-6, max(s.count - s.warmup, 1), alpha=1e-3, warmup_target=s.learning_rate, warmup_steps=s.warmup
        )
        optimiser = keras.optimizers.AdamW(rate, weight_decay=1e-5, beta_2=0.99, clipnorm=5.0)
        object.__setattr__(self, "_optimiser", optimiser)

    _optimiser: Any = None

    def _compiled_step(self) -> Callable[[_State, Any, Any, int], tuple[_State, Any]]:
        weight = (1.0 + set_sizes(self.source.count) / _HALF_WEIGHT) ** -0.5
        weight = jnp.asarray(weight / weight.mean(), jnp.float32)

        def losses(weights: list[Any], theta: Any, sums: Any, number: Any) -> tuple[Any, Any]:
            potential, flow = self._losses(weights, theta, sums, number)
            return (weight * potential).mean() + flow.mean(), jnp.stack([potential.mean(), flow.mean()])

        def step(state: _State, theta: Any, sums: Any, number: Any) -> tuple[_State, Any]:
            (_, loss), gradient = jax.value_and_grad(losses, has_aux=True)(state.weights, theta, sums, number)
            weights, optimiser = self._optimiser.stateless_apply(state.optimiser, gradient, state.weights)
            keep = self.settings.average
            average = [keep * a + (1 - keep) * w for a, w in zip(state.average, weights, strict=True)]
            return _State(weights, optimiser, average), loss

        return jax.jit(step, donate_argnums=0)

    def _losses(self, weights: list[Any], theta: Any, sums: Any, number: Any) -> tuple[Any, Any]:
        """The summary's own losses [B], and negative log-densities [B, n] by the flow of values of θ."""
        summary, flow = self.approximator.summary_network, self.approximator.inference_network
        with keras.StatelessScope(list(zip(self._variables, weights, strict=True))):
            key = jax.random.fold_in(jax.random.key(self.source.seed), number)
            loss, seen, points, known = summary.lesson(sums, theta, key, self.settings.drawn)
            told = jnp.broadcast_to(seen[:, None], (*points.shape[:2], seen.shape[-1]))
            log_density = flow.log_prob(
                points.reshape(-1, points.shape[-1]), conditions=told.reshape(-1, told.shape[-1])
            )
            log_density = log_density.reshape(points.shape[:2])
            if known is None:
                return loss, -log_density
            off = known - log_density
            off = 0.5 * (off - off.mean(axis=1, keepdims=True))
            return loss, 4.0 * (jnp.sqrt(1.0 + off**2) - 1.0) - log_density


def _prefetched(make: Callable[[int], Batch], start: int, stop: int) -> Iterator[tuple[int, Batch]]:
    """Batches start … stop - 1, the next one made while the last one is learned from."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(make, start)
        for number in range(start, stop):
            batch = coming.result()
            if number + 1 < stop:
                coming = pool.submit(make, number + 1)
            yield number, batch


def _save(file: Path, state: _State, step: int) -> None:
    arrays = {
        f"{name}_{i}": np.asarray(v) for name, part in state._asdict().items() for i, v in enumerate(part)
    }
    descriptor, scratch = tempfile.mkstemp(dir=file.parent, suffix=".npz")
    with os.fdopen(descriptor, "wb") as stream:
        np.savez(stream, step=step, **arrays)  # type: ignore[arg-type]
    Path(scratch).replace(file)


def _load(file: Path, like: _State) -> tuple[_State, int]:
    with np.load(file) as arrays:
        parts = {
            name: [jnp.asarray(arrays[f"{name}_{i}"]) for i in range(len(part))]
            for name, part in like._asdict().items()
        }
        return _State(**parts), int(arrays["step"])
