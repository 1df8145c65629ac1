"""How long did the client take, and what did it say? Measured around the client, not by it."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayesian_verifier import VerifierClient
    from bayesian_verifier.aio import VerifierClient as AioClient
    from bayesian_verifier.judgment_layer import Outcome
    from chaos.record import Say


class Watched:
    """A client that tells of each call: that it begins, and what came of it.

    name: of the client in this process, which has one breaker.
    """

    def __init__(self, client: VerifierClient, name: str, say: Say) -> None:
        self._client, self._name, self._say = client, name, say

    @property
    def keeps_state(self) -> bool:
        """As the client."""
        return self._client.keeps_state

    def posterior(self, *judgments: Any, **more: Any) -> Outcome:  # noqa: ANN401 as the client
        """As the client."""
        trace = secrets.token_hex(16)
        self._say("asking", client=self._name, trace=trace)
        begun = time.monotonic()
        outcome = self._client.posterior(*judgments, **more | {"trace_id": trace})
        ended = time.monotonic()
        self._say("answered", client=self._name, trace=trace, begun=begun, ended=ended, **gist(outcome))
        return outcome


class WatchedInLoop:
    """The same in an event loop."""

    def __init__(self, client: AioClient, name: str, say: Say) -> None:
        self._client, self._name, self._say = client, name, say

    @property
    def keeps_state(self) -> bool:
        """As the client."""
        return self._client.keeps_state

    async def posterior(self, *judgments: Any, **more: Any) -> Outcome:  # noqa: ANN401 as the client
        """As the client."""
        trace = secrets.token_hex(16)
        self._say("asking", client=self._name, trace=trace)
        begun = time.monotonic()
        outcome = await self._client.posterior(*judgments, **more | {"trace_id": trace})
        ended = time.monotonic()
        self._say("answered", client=self._name, trace=trace, begun=begun, ended=ended, **gist(outcome))
        return outcome


def gist(outcome: Outcome) -> dict[str, Any]:
    """What an outcome says, as evidence."""
    said: dict[str, Any] = {"reason": outcome.reason, "breaker": outcome.breaker, "posterior": None}
    if (posterior := outcome.posterior) is not None:
        said["posterior"] = {
            "mean": posterior.belief.mean,
            "sd": posterior.belief.sd,
            "quantiles": posterior.belief.quantiles,
            "version": posterior.model_version,
        }
    return said
