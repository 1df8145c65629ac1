"""Who can be asked about a person by a thread that may block, and with what words?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.journal import History
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._values import Outcome

    #: of a history, of the subject whose journal it is or None, and of a trace id or None
    Ask = Callable[[History, str | None, str | None], Outcome]


class Asks(Protocol):
    """Whatever has an outcome for every question, in bounded time."""

    def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        """What the verifier says of a person with these judgments."""


@runtime_checkable
class AsksOnward(Asks, Protocol):
    """Whatever can also go on from what the verifier knows of a subject, and does where `keeps_state` is true."""

    @property
    def keeps_state(self) -> bool:
        """Whether it is to be told whose judgments they are."""

    def posterior(
        self,
        judgments: Sequence[Judgment],
        *,
        subject: str | None = None,
        marks: Sequence[bytes] | None = None,
        trace_id: str | None = None,
    ) -> Outcome:
        """The same, of a subject whose history in the journal has these marks."""


def asking(client: Asks) -> Ask:
    """How this client is asked: about a subject where it keeps what it was told, else about judgments alone."""
    if isinstance(client, AsksOnward) and client.keeps_state:
        onward = client
        return lambda history, subject, trace_id: onward.posterior(
            history.judgments, subject=subject, marks=history.marks, trace_id=trace_id
        )
    return lambda history, _, trace_id: client.posterior(history.judgments, trace_id=trace_id)
