"""What is a trained policy on disk? Weights as `experiment run` writes them: a .npz file, without pickles.

`about` is JSON: which arm of which experiment it is, what it was told of the person, and on which scale. The rest are
float32 arrays `context/0/weight` [out, in], `context/0/bias` [out], …, `scorer/…` and `ask/…`.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.policy._state import OPTION_FEATURES, REST_FEATURES, SHOWN_AT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from bayesian_verifier.policy._network import Array, Layers

_SHIPPED = Path(__file__).parent / "shipped" / "policy.npz"
_DEPTHS = {"context": 2, "scorer": 3, "ask": 3}
_TOLD = ((), ("mean",), ("mean", "sd"))
_MOST_BYTES = 64 << 20
_DIGEST_DIGITS = 12
#: a mean or an sd of risk aversion says no more beyond
_GREATEST = 10.0
#: so that no score overflows, whatever the state
_GREATEST_WEIGHT = 1e4


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class Scale(_Frozen):
    """The prior that the belief is measured by: in its sd, from its mean."""

    mean: Annotated[float, Field(ge=-10.0, le=10.0)]
    sd: Annotated[float, Field(ge=0.1, le=10.0)]


class About(_Frozen):
    """What a file says of itself.

    known: what the policy reads of the belief: nothing, its mean, or mean and sd.   of_option: what it reads of options
    beside what the state shows.   temperature: its slope; scores are divided by exp(slope · (σ/σ₀ − ½)).
    provenance: how it was learned.
    """

    v: Literal[1]
    arm: str
    environment: str
    known: tuple[str, ...]
    of_option: tuple[str, ...] = ()
    prior: Scale
    shown_at: tuple[float, ...]
    temperature: Annotated[float, Field(ge=-2.0, le=2.0)] = 0.0
    provenance: dict[str, JsonValue] = {}


@dataclass(frozen=True)
class Policy:
    """Weights by part ("context", "scorer", "ask"), what they are, and `version`: 12 digits of the file's SHA-256."""

    version: str
    about: About
    parts: Mapping[str, Layers]

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Policy:
        """The policy in a file. Raises ArtifactError where it is none, or one that reads what the layer has not."""
        try:
            with Path(path).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
            if len(content) > _MOST_BYTES:
                raise ArtifactError(f"{path}: expected a policy of at most {_MOST_BYTES >> 20} MiB")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                about = About.model_validate_json(str(arrays["about"][()]))
                parts = {name: _layers(arrays, name, depth) for name, depth in _DEPTHS.items()}
        except OSError as exc:
            raise ArtifactError(f"{path}: cannot be read: {exc.strerror or exc}") from exc
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as exc:
            raise ArtifactError(f"{path}: is no policy: {str(exc).splitlines()[0]}") from exc
        _check(path, about, parts)
        return cls(hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS], about, parts)

    @classmethod
    def shipped(cls) -> Policy:
        """The policy that comes with the package."""
        return cls.read(_SHIPPED)

    def known(self, mean: Array | float, sd: Array | float) -> Array:
        """What the policy is told [G, K] of G beliefs; both are taken as 10 where they are beyond."""
        prior, told = self.about.prior, len(self.about.known)
        at, width = (
            np.clip(np.atleast_1d(mean), -_GREATEST, _GREATEST),
            np.clip(np.atleast_1d(sd), 0.0, _GREATEST),
        )
        columns = ((at - prior.mean) / prior.sd, width / prior.sd)[:told]
        return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((len(at), 0), np.float32)

    def temperature(self, sd: float) -> float:
        """What scores are divided by at a σ: 1 half-way between the prior's and certainty, or always."""
        away = min(sd, _GREATEST) / self.about.prior.sd - 0.5
        return float(np.exp(self.about.temperature * away))


def _layers(arrays: Mapping[str, Array], name: str, depth: int) -> Layers:
    found: list[tuple[Array, Array]] = []
    for number in range(depth):
        weight, bias = (arrays[f"{name}/{number}/{part}"] for part in ("weight", "bias"))
        if weight.ndim != 2 or bias.shape != weight.shape[:1]:  # noqa: PLR2004 a matrix
            raise ValueError(f"{name}/{number}: weights {weight.shape} and biases {bias.shape} do not fit")
        if not all((np.abs(values) <= _GREATEST_WEIGHT).all() for values in (weight, bias)):
            raise ValueError(f"{name}/{number}: expected numbers within ±{_GREATEST_WEIGHT:g}")
        if found and weight.shape[1] != len(found[-1][1]):
            raise ValueError(f"{name}/{number}: does not fit on the layer before it")
        found.append((weight.astype(np.float32), bias.astype(np.float32)))
    return tuple(found)


def _check(path: str | PathLike[str], about: About, parts: Mapping[str, Layers]) -> None:
    strange = [*about.of_option, *(name for name in about.known if about.known not in _TOLD)]
    if strange:
        raise ArtifactError(
            f"{path}: reads {', '.join(strange)}, which a Judgment Layer does not tell; take an arm that reads "
            "nothing, the mean, or mean and sd"
        )
    if about.shown_at != SHOWN_AT:
        raise ArtifactError(f"{path}: sees values at r = {about.shown_at}, and is shown those at {SHOWN_AT}")
    known, width = len(about.known), len(parts["context"][-1][1])
    wanted = {
        "context": (REST_FEATURES + known, width),
        "scorer": (OPTION_FEATURES + known + width, 1),
        "ask": (2 * OPTION_FEATURES + known + width, 1),
    }
    for name, (inputs, outputs) in wanted.items():
        layers = parts[name]
        got = layers[0][0].shape[1], layers[-1][0].shape[0]
        if got != (inputs, outputs):
            raise ArtifactError(
                f"{path}: {name} reads {got[0]} numbers and gives {got[1]}, expected {inputs} and {outputs}"
            )
