"""When did people have to do without the service, and until when? From the reasons given in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import JudgmentLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line

#: why a service that was asked gave nothing; a posterior that is too wide is an answer, and no evidence is no question
FAULTS = frozenset(("timeout", "unreachable", "server_error", "overloaded", "circuit_open", "invalid_reply"))


class Outage(NamedTuple):
    """From the first fallback to the next answer of the service.

    began, back: timestamps; back is None while it lasts.   judgments: that were made without it.
    waited_ms: from the question to the first fallback; None where the journal does not say.
    reason: of the first one.
    """

    began: str
    back: str | None
    judgments: int
    waited_ms: float | None
    reason: str


def outages(events: Iterable[Line]) -> tuple[Outage, ...]:
    """All in a journal, in order of time."""
    found: list[Outage] = []
    judgments = (one for one in events if isinstance(one, JudgmentLine))
    for one in sorted(judgments, key=lambda line: line.order):
        lasts = bool(found) and found[-1].back is None
        if one.reason in FAULTS:
            if lasts:
                found[-1] = found[-1]._replace(judgments=found[-1].judgments + 1)
            else:
                found.append(Outage(one.ts, None, 1, _waited(one), str(one.reason)))
        elif lasts and one.model_version is not None:
            found[-1] = found[-1]._replace(back=one.ts)
    return tuple(found)


def _waited(judgment: JudgmentLine) -> float | None:
    elapsed = (judgment.model_extra or {}).get("elapsed_ms")
    return float(elapsed) if isinstance(elapsed, int | float) and not isinstance(elapsed, bool) else None
