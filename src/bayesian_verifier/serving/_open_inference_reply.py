"""How is a posterior said in tensors?

A parameter of the protocol is a string, a number or a boolean, so that what is an object in the reply of
POST /v1/posterior is its JSON text here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from bayesian_verifier.posterior import QUANTILE_LEVELS
from bayesian_verifier.serving._open_inference_request import DRAWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._open_inference_request import InferenceRequest

PLATFORM = "jax_export"
LEVELS = {"levels": ",".join(str(level) for level in QUANTILE_LEVELS)}


def inference_reply(
    said: Answer, engine: Engine, asked: InferenceRequest, *, request_id: str, queue_seconds: float
) -> bytes:
    """The JSON of a 200. request_id: stands in for an id where the client gave none."""
    content = {
        "model_name": engine.name,
        "model_version": engine.version,
        "id": request_id if asked.id is None else asked.id,
        "parameters": _parameters(said, queue_seconds),
        "outputs": [TENSORS[name](said) for name in asked.outputs],
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def model_metadata(engine: Engine) -> bytes:
    """The model's inputs and outputs; -1 where a dimension varies."""
    count = len(engine.parameters)
    content = {
        "name": engine.name,
        "versions": [engine.version],
        "platform": PLATFORM,
        "inputs": [_described("judgments", "BYTES", [-1])],
        "outputs": [
            _described("names", "BYTES", [count]),
            _described("mean", "FP64", [count]),
            _described("sd", "FP64", [count]),
            _described("quantiles", "FP64", [count, len(QUANTILE_LEVELS)]),
        ],
    }
    return orjson.dumps(content)


def _parameters(said: Answer, queue_seconds: float) -> dict[str, str | float]:
    given: dict[str, str | float] = {
        "state": said.state,
        "checks": orjson.dumps(said.checks, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
        "trustworthy": said.checks.trustworthy,
        "evidence": orjson.dumps(said.counts._asdict()).decode(),
        "queue_ms": round(1e3 * queue_seconds, 3),
        "inference_ms": round(1e3 * said.seconds, 3),
    }
    return given if said.seed is None else given | {"seed": said.seed}


def _names(said: Answer) -> dict[str, Any]:
    return _described("names", "BYTES", [len(said.beliefs)]) | {"data": list(said.beliefs)}


def _mean(said: Answer) -> dict[str, Any]:
    return _numbers("mean", [belief.mean for belief in said.beliefs.values()])


def _sd(said: Answer) -> dict[str, Any]:
    return _numbers("sd", [belief.sd for belief in said.beliefs.values()])


def _quantiles(said: Answer) -> dict[str, Any]:
    """[P, 5], row by row."""
    values = [value for belief in said.beliefs.values() for value in belief.quantiles]
    shape = [len(said.beliefs), len(QUANTILE_LEVELS)]
    return _described("quantiles", "FP64", shape) | {"parameters": LEVELS, "data": values}


def _draws(said: Answer) -> dict[str, Any]:
    """[D, P], row by row: each row one joint draw, in the digits that POST /v1/posterior writes."""
    rows = np.stack(list((said.draws or {}).values()), axis=1)
    return _described(DRAWS, "FP64", list(rows.shape)) | {"data": np.ascontiguousarray(rows).ravel()}


def _numbers(name: str, values: list[float]) -> dict[str, Any]:
    return _described(name, "FP64", [len(values)]) | {"data": values}


def _described(name: str, datatype: str, shape: list[int]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape}


TENSORS: Mapping[str, Callable[[Answer], dict[str, Any]]] = {
    "names": _names,
    "mean": _mean,
    "sd": _sd,
    "quantiles": _quantiles,
    DRAWS: _draws,
}
