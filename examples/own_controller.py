"""How does a Meta-Judgment Controller that an agent framework already has take the place of ours?

`CautionGate` stands for it: it knows nothing of risk aversion, has a method of its own name, and answers with a
score from 0, reckless, to 1, as cautious as anybody. `CautionAdapter` gives it the two methods that the Judgment Layer
calls. Nothing is inherited and nothing registered: whatever has `remember` and `assess` is a controller. One that
also has `forget(subject)` is called so when somebody has changed; one that has not remembers a cautious prior then.

    python examples/own_controller.py [http://127.0.0.1:8080]

makes one judgment with it. Where no service answers there, the gate does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

from bayesian_verifier import Journal, JudgmentLayer, VerifierClient
from bayesian_verifier.judgment_layer import Fallback
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

# Whom a score of 0.5 means: the middle of the people that fits to real choices find, and how far apart they are.
PEOPLE = NormalDist(0.7, 1.0)
# How far off somebody's own risk aversion may be from what a score says.
SCORE_SD = 0.6
# Scores beyond these say no more than these: nobody is infinitely cautious.
LEAST, MOST = 0.02, 0.98

CASE = {
    "options": [
        {"outcomes": [{"payoff": 2.0, "probability": 0.6}, {"payoff": 1.6, "probability": 0.4}]},
        {"outcomes": [{"payoff": 3.85, "probability": 0.6}, {"payoff": 0.1, "probability": 0.4}]},
    ]
}


class CautionGate:
    """The framework's own: careful until it is told to go on, and the more so the more was turned down."""

    def how_careful(self, accepted: int, turned_down: int) -> float:
        """A score from 0 to 1."""
        return (turned_down + 2) / (accepted + turned_down + 3)


class CautionAdapter:
    """A caution gate as a controller: the share of people who are less cautious, read as a risk aversion."""

    def __init__(self, gate: CautionGate) -> None:
        self._gate = gate

    def remember(self, subject: str, belief: Belief, at: float) -> None:
        """A trusted posterior of a subject, from a time in seconds since 1970. This gate keeps no memory."""

    def assess(self, subject: str | None, judgments: Sequence[Judgment], at: float) -> Fallback:  # noqa: ARG002
        """A belief about a person from their judgments, oldest first, at a time in seconds since 1970."""
        accepted = sum(one.feedback == "approve" for one in judgments)
        turned_down = sum(one.feedback == "reject" for one in judgments)
        score = self._gate.how_careful(accepted, turned_down)
        belief = belief_of(score)
        told = f"its caution score of {score:.2f} is taken as {belief.mean:.2f} ± {belief.sd:.2f}"
        return Fallback(belief, "caution_score", told)


def belief_of(score: float) -> Belief:
    """The risk aversion that a share of `score` of people lie below."""
    return Belief(PEOPLE.inv_cdf(min(max(score, LEAST), MOST)), SCORE_SD)


def main(url: str) -> None:
    """One judgment, with a journal that is thrown away."""
    with tempfile.TemporaryDirectory() as folder, VerifierClient(url) as client:
        journal = Journal(Path(folder) / "judgments.jsonl")
        with journal, JudgmentLayer(client, CautionAdapter(CautionGate()), journal) as layer:
            decision = layer.judge(CASE, subject="ada")
            print(decision.meta_comment)
            print(f"failures of the controller: {layer.health().controller_failures}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
