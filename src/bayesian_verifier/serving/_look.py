"""What do answered judgments, on top of a state, tell?

In one call of one program, where the simulator offers its part of it; else described, inferred and weighed one after
the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.serving._engine import infer
from bayesian_verifier.serving._looked import Looked
from bayesian_verifier.serving._state import Known, decode_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.serving._engine import Engine
    from bayesian_verifier.serving._program import Program


def looked(
    state: str | None, answered: Sequence[Judgment], engine: Engine, clock: Callable[[], float]
) -> Looked:
    """Look at answered judgments and what a state holds.

    clock: seconds, monotonic.   Raises OtherModelError or InvalidEvidenceError for a state that cannot be used.
    """
    before = None if state is None else decode_state(state, engine.tag, engine.simulator, engine.misfit)
    if engine.program is not None:
        return _at_once(before or engine.program.nothing(), answered, engine.program, clock)
    return _in_steps(before, answered, engine, clock)


def _at_once(
    before: Known, answered: Sequence[Judgment], program: Program, clock: Callable[[], float]
) -> Looked:
    before, read = program.read(before, answered)
    if not before.informative and not read.told:
        judgments, refuted = before.judgments + len(answered), before.refuted + read.refuted
        return Looked(before._replace(judgments=judgments, refuted=refuted))
    look = program(before, read, len(answered), clock)
    return look if look.known.informative else Looked(look.known)


def _in_steps(
    before: Known | None, answered: Sequence[Judgment], engine: Engine, clock: Callable[[], float]
) -> Looked:
    check = engine.misfit
    described = engine.simulator.describe(answered)
    if before is not None:
        known = before.plus(len(answered), described, check)
    else:
        misfit = None if check is None else check.added(check.nothing(), described.told)
        known = Known(len(answered), described.informative, described.refuted, described.evidence, misfit)
    if not known.informative:
        return Looked(known)
    found = None if check is None or known.misfit is None else check.finding(known.misfit)
    started = clock()
    said = infer(engine, known.evidence.sums, engine.points.noise)
    return Looked(known, said, found, clock() - started)
