"""What was chosen, and what would another belief have chosen in its place?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.judgment_layer._choice import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bayesian_verifier.judgment import Case
    from bayesian_verifier.judgment_layer._choice import Choice, Verifies
    from bayesian_verifier.posterior import Belief


class Chosen(NamedTuple):
    """What was chosen, in which case, and the id of the judgment.

    scores: by which another belief ranks the options, None where that is by expected worth.
    """

    case: Case
    choice: Choice
    judgment: str
    scores: Callable[[Belief], Sequence[float | None] | None]

    def by(self, belief: Belief, prover: Verifies, others: Mapping[str, Belief] | None = None) -> Choice:
        """What this belief would have chosen, and one about further traits; the prover is not asked twice about an
        option.
        """
        return choose(
            self.case, belief, prover, others=others, scores=self.scores(belief), known=self.choice.tried
        )
