"""What would a user of BayesFlow write? `approximator.sample` behind FastAPI, with pydantic models.

    python benchmarks/serve_approximator.py --port 9000 --draws 1000

Nothing is compiled beforehand and nothing is checked; the mean, sd and quantiles are those of the draws.
"""

from __future__ import annotations

import argparse
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import _ours
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bayesian_verifier.judgment import Judgment  # noqa: TC001 - FastAPI reads it from the annotation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Question(BaseModel):
    """What is asked."""

    judgments: list[Judgment]


class Marginal(BaseModel):
    """What is known about one parameter."""

    mean: float
    sd: float
    quantiles: dict[str, float]


class Reply(BaseModel):
    """What is answered."""

    posterior: dict[str, Marginal]


def application(draws: int) -> FastAPI:
    """An application that asks for so many draws each time."""
    held: list[_ours.Approximator] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        held.append(_ours.Approximator())
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/posterior")
    def posterior(question: Question) -> Reply:
        theta = held[0].draws(question.judgments, draws)
        return Reply(
            posterior={"risk_aversion": marginal(theta[:, 0]), "choice_noise": marginal(np.exp(theta[:, 1]))}
        )

    return app


def marginal(values: np.ndarray) -> Marginal:
    """A summary of draws."""
    quantiles = {str(level): float(q) for level, q in zip(LEVELS, np.quantile(values, LEVELS), strict=True)}
    return Marginal(mean=float(values.mean()), sd=float(values.std()), quantiles=quantiles)


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--draws", type=int, default=1000)
    asked = parser.parse_args()
    uvicorn.run(
        application(asked.draws), host="127.0.0.1", port=asked.port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    main()
