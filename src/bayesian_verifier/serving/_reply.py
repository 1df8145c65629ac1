"""What does the JSON of a posterior look like?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from bayesian_verifier.posterior import QUANTILE_LEVELS

if TYPE_CHECKING:
    from bayesian_verifier.posterior import Belief
    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._engine import Engine

QUANTILE_NAMES = tuple(str(level) for level in QUANTILE_LEVELS)


def reply(said: Answer, engine: Engine, *, request_id: str, queue_seconds: float) -> bytes:
    """The JSON of a 200."""
    content: dict[str, Any] = {
        "request_id": request_id,
        "model": {"name": engine.name, "version": engine.version},
        "posterior": {name: marginal(belief) for name, belief in said.beliefs.items()},
        "correlations": said.correlations,
        "evidence": said.counts._asdict(),
        "checks": said.checks,
        "draws": said.draws,
        "seed": said.seed,
        "state": said.state,
        "timing_ms": {
            "queue": round(1e3 * queue_seconds, 3),
            "inference": round(1e3 * said.seconds, 3),
        },
    }
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def marginal(belief: Belief) -> dict[str, Any]:
    """One parameter's belief as the reply writes it."""
    quantiles = dict(zip(QUANTILE_NAMES, belief.quantiles, strict=True))
    return {"mean": belief.mean, "sd": belief.sd, "quantiles": quantiles}
