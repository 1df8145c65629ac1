"""Does a simulator keep what the protocol promises, and can anything be learned from it?

Anybody's simulator is asked the same questions; each gives a finding, and none stops the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.simulators import _kit_evidence as evidence
from bayesian_verifier.simulators import _kit_people as people_of
from bayesian_verifier.simulators import _kit_use as use
from bayesian_verifier.simulators._kit import FaultError, Kit, Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.simulators._protocol import Simulator

_QUESTIONS: tuple[Callable[[Kit], Said], ...] = (
    people_of.parameters,
    people_of.prior,
    people_of.cases,
    people_of.answers,
    evidence.sums,
    evidence.additivity,
    evidence.features,
    evidence.state,
    evidence.likelihood,
    use.speed,
    use.identifiability,
)


class Finding(NamedTuple):
    """One thing that was looked at.

    passed: whether it is as it must be.   said: what was found, in words.   figures: the same in numbers.
    """

    check: str
    passed: bool
    said: str
    figures: dict[str, Any]


def conformance(
    simulator: Simulator,
    name: str,
    *,
    seed: int,
    clock: Callable[[], float],
    people: int = 400,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Finding]:
    """What each question finds.

    name: that it is installed under.   clock: seconds of processor time.   people: simulated for identifiability.
    tick: told (stage, done, total) as it goes.
    """
    kit = Kit(simulator, name, seed, clock, people)
    findings = []
    for done, question in enumerate(_QUESTIONS, start=1):
        findings.append(_found(question, kit))
        tick("conformance", done, len(_QUESTIONS))
    return findings


def _found(question: Callable[[Kit], Said], kit: Kit) -> Finding:
    check = question.__name__
    try:
        said, figures = question(kit)
    except FaultError as fault:
        return Finding(check, False, str(fault), {})
    except Exception as error:  # noqa: BLE001 - whatever an author's code raises is a finding
        return Finding(check, False, f"raised {type(error).__name__}: {error}", {})
    return Finding(check, True, said, figures)
