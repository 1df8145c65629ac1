"""What would a trained policy choose for somebody of whom this is believed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.policy._network import scores_of
from bayesian_verifier.policy._state import state_of

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Case
    from bayesian_verifier.policy._policy import Policy
    from bayesian_verifier.policy._surroundings import Surroundings
    from bayesian_verifier.posterior import Belief


class Scored(NamedTuple):
    """What a policy makes of a choice, for one belief.

    policy: its version.   state: digest of s.   scores: of each option, None for one without a value; the greater the
    better.   ask: the score of asking first, None where nothing can be asked.   temperature: see `Policy`.
    """

    policy: str
    state: str
    scores: tuple[float | None, ...]
    ask: float | None
    temperature: float

    @property
    def asks(self) -> bool:
        """Whether it would rather ask than choose any option."""
        return self.ask is not None and self.ask > max(
            (one for one in self.scores if one is not None), default=self.ask
        )

    @property
    def choice(self) -> int | None:
        """The option of greatest score, of equals the first; None where none has a score."""
        open_ = [(score, -index) for index, score in enumerate(self.scores) if score is not None]
        return -max(open_)[1] if open_ else None


class PolicyChooser:
    """Scores options by a policy, from θ* and σ as they are believed by whoever answered. Safe among threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def score(self, case: Case, belief: Belief, surroundings: Surroundings) -> Scored:
        """Scores of the options of a case."""
        policy = self.policy
        state = state_of(case, surroundings)
        scores: list[float | None] = [None] * len(case.options)
        ask = None
        if state.indices:
            said = scores_of(policy.parts, state, policy.known(belief.mean, belief.sd))
            for index, score in zip(state.indices, said.options[0].tolist(), strict=True):
                scores[index] = score
            ask = float(said.ask[0]) if state.may_ask else None
        return Scored(policy.version, state.digest, tuple(scores), ask, policy.temperature(belief.sd))
