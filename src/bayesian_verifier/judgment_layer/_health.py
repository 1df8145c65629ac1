"""How has a layer fared in this process? What an operator may want to look at or to count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShadowHealth:
    """How often the controller also answered where the verifier's answer was used.

    runs: begun.   skipped: chosen, but another was still running, or its rest was not over.
    failed: the controller raised or answered nonsense.   unrecorded: the journal did not take the line.
    slowest_ms: the longest the controller took.   running_ms: how long the one that runs has run, None for none.
    """

    runs: int
    skipped: int
    failed: int
    unrecorded: int
    slowest_ms: float
    running_ms: float | None


@dataclass(frozen=True, slots=True)
class CandidateHealth:
    """How often the candidate was asked what the served model was asked.

    waiting: whose turn is to come.   dropped: left out, as too many waited.   failed: no posterior came.
    unrecorded: the journal did not take the line.
    """

    asked: int
    waiting: int
    dropped: int
    failed: int
    unrecorded: int


@dataclass(frozen=True, slots=True)
class Health:
    """Counts since the process first used the layer.

    waiting, waiting_bytes: journal lines in memory, and about how many bytes they are.
    lost: lines given up.   write_failures: attempts to write that failed.
    late_histories: assessments that did not wait for the journal to be read.
    client_failures, controller_failures, chooser_failures: calls that raised, or gave what is no answer.
    candidate: None where there is none.
    """

    waiting: int
    waiting_bytes: int
    lost: int
    write_failures: int
    late_histories: int
    client_failures: int
    controller_failures: int
    chooser_failures: int
    shadow: ShadowHealth
    candidate: CandidateHealth | None
