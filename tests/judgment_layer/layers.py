"""The Judgment Layer as a test uses it, blocking and awaited alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from people import holt_laury_case

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.journal import JudgmentLine, PolicyLine
from bayesian_verifier.judgment import Prover, Rules
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    from bayesian_verifier.judgment_layer import Assessment, Decision

CASE = holt_laury_case(6)
PROVER = Prover(Rules.builtin(), timeout=5.0)
NEVER_OPEN = BreakerPolicy(minimum_calls=10**6)
# no call is put to the controller by chance, and no history is late on a busy machine
EXACT: dict[str, Any] = {"prover": PROVER, "shadow": 0.0, "history_timeout": 10.0}


class Blocking:
    """A layer and its client, used from a thread."""

    def __init__(self, url: str, journal: Journal, timeout: float = 2.0, **settings: Any) -> None:  # noqa: ANN401
        controller = settings.pop("controller", None) or MetaJudgmentController()
        breaker = settings.pop("breaker", NEVER_OPEN)
        self.client = VerifierClient(url, timeout, breaker=breaker)
        self.layer = JudgmentLayer(self.client, controller, journal, **(EXACT | settings))

    def assess(self, *arguments: Any, **named: Any) -> Assessment:  # noqa: ANN401
        return self.layer.assess(*arguments, **named)

    def judge(self, case: Mapping[str, object], subject: str | None = None, *around: Any) -> Decision:  # noqa: ANN401
        return self.layer.judge(case, subject, *around)

    def feedback(self, *arguments: Any, **named: Any) -> bool:  # noqa: ANN401
        return self.layer.feedback(*arguments, **named)

    def flush(self) -> bool:
        return self.layer.flush()

    def rest(self) -> bool:
        """Wait for a shadow under way."""
        return self.layer._core.shadow.wait(10.0)

    def end(self) -> None:
        """Close the layer alone; it may be used and closed again."""
        self.layer.close()

    def close(self) -> None:
        self.end()
        self.client.close()


class Awaited:
    """The same, used from an event loop."""

    def __init__(self, url: str, journal: Journal, timeout: float = 2.0, **settings: Any) -> None:  # noqa: ANN401
        controller = settings.pop("controller", None) or MetaJudgmentController()
        breaker = settings.pop("breaker", NEVER_OPEN)
        self.client = aio.VerifierClient(url, timeout, breaker=breaker)
        self.layer = aio.JudgmentLayer(self.client, controller, journal, **(EXACT | settings))
        self.runner = asyncio.Runner()

    def assess(self, *arguments: Any, **named: Any) -> Assessment:  # noqa: ANN401
        return self.runner.run(self.layer.assess(*arguments, **named))

    def judge(self, case: Mapping[str, object], subject: str | None = None, *around: Any) -> Decision:  # noqa: ANN401
        return self.runner.run(self.layer.judge(case, subject, *around))

    def feedback(self, *arguments: Any, **named: Any) -> bool:  # noqa: ANN401
        return self.runner.run(self.layer.feedback(*arguments, **named))

    def flush(self) -> bool:
        return self.runner.run(self.layer.flush())

    def rest(self) -> bool:
        """Wait for a shadow under way."""
        return self.layer._core.shadow.wait(10.0)

    def end(self) -> None:
        """Close the layer alone; it may be used and closed again."""
        self.runner.run(self.layer.aclose())

    def close(self) -> None:
        self.end()
        self.runner.run(self.client.aclose())
        self.runner.close()


Make = Callable[..., "Blocking | Awaited"]


def judgments_in(journal: Journal) -> list[JudgmentLine]:
    assert journal.verify().whole
    return [entry.event for entry in journal.read() if isinstance(entry.event, JudgmentLine)]  # type: ignore[union-attr]


def policies_in(journal: Journal) -> list[PolicyLine]:
    assert journal.verify().whole
    return [entry.event for entry in journal.read() if isinstance(entry.event, PolicyLine)]  # type: ignore[union-attr]
