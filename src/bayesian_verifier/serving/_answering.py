"""How does the body of one posterior become an answer that is counted?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bayesian_verifier.serving._question import read_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving._answer import Answer
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._metrics import Metrics
    from bayesian_verifier.serving._plain_body import Question


class Answering(Protocol):
    """Work of the inference thread, whatever route it is done for."""

    def __call__(self, body: bytes, engine: Engine, queue_seconds: float) -> Answer:
        """The posterior that a body of POST /v1/posterior asks for; raises as `read_question` and `answer`."""


class Infers(Protocol):
    """Finds the posterior a question asks for, as `answer` does."""

    def __call__(
        self, question: Question, engine: Engine, *, clock: Callable[[], float], make_seed: Callable[[], int]
    ) -> Answer:
        """See `answer`."""


def answering(
    metrics: Metrics, infer: Infers, *, clock: Callable[[], float], make_seed: Callable[[], int]
) -> Answering:
    """Answers that show in metrics. clock: seconds, monotonic.   make_seed: of draws asked for without one."""

    def answered(body: bytes, engine: Engine, queue_seconds: float) -> Answer:
        said = infer(read_question(body), engine, clock=clock, make_seed=make_seed)
        metrics.observe_answer(said, queue_seconds)
        return said

    return answered
