"""People who weigh what a proposal pays on average against how far it swings: a simulator in sixty lines."""

import numpy as np

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators import Parameter, PlainSimulator, Responses

CAUTION, NOISE = np.linspace(-1.0, 2.0, 7), (0.1, 0.4)  # parameters that answers are held against


class SwingSimulator(PlainSimulator):
    """A proposal is better by ∆ = m - caution · s: its mean and its sd less the other's, over the greatest payoff."""

    name = "swing"
    parameters = (
        Parameter("caution", "identity", 0.5, 0.5),
        Parameter("choice_noise", "log", np.log(0.2), 0.7),
    )
    feature_names = (
        *(f"log chance at caution {c:g}, noise {t}" for c in CAUTION for t in NOISE),
        *("residual squared", "residual times s", "s squared"),
    )

    def draw_cases(self, rng, n):
        """A sure amount beside a coin toss, either of them proposed."""
        cases = []
        for low, high, part in zip(rng.uniform(0, 5, n), rng.uniform(6, 20, n), rng.random(n), strict=True):
            sure = {"outcomes": [{"payoff": float(low + part * (high - low)), "probability": 1.0}]}
            toss = {"outcomes": [{"payoff": float(x), "probability": 0.5} for x in (low, high)]}
            cases.append({"options": [sure, toss], "chosen": int(rng.integers(2))})
        return parse_judgments(cases)

    def facts(self, cases):
        """M and s of each case [n, 2]; of three options or more it tells nothing."""
        return np.array([_compared(case) if len(case.options) == 2 else (np.nan, np.nan) for case in cases])

    def respond(self, rng, theta, facts):
        """Logistic in ∆ over the noise; the reward is ∆, roughly told."""
        delta = facts[:, 0] - theta[:, 0] * facts[:, 1]
        approve = rng.random(len(delta)) < 1 / (1 + np.exp(-delta / np.exp(theta[:, 1])))
        return Responses(approve, delta + 0.2 * rng.standard_normal(len(delta)))

    def features(self, facts, answers):
        """Log chances of the feedback for some people, and what a normal likelihood of the reward is made of."""
        (m, s), (sign, reward, rewarded) = facts.T, answers.T
        chances = [-(sign**2) * np.logaddexp(0, -sign * (m - c * s) / t) for c in CAUTION for t in NOISE]
        return np.stack(
            [*chances, rewarded * (reward - m) ** 2, rewarded * (reward - m) * s, rewarded * s**2], 1
        )


def _compared(case):
    moments = []
    for option in (case.options[case.chosen], case.options[1 - case.chosen]):
        payoff, share = np.array([(o.payoff, o.probability) for o in option.outcomes]).T
        moments.append((share @ payoff, np.sqrt(share @ (payoff - share @ payoff) ** 2)))
    greatest = max(abs(o.payoff) for option in case.options for o in option.outcomes) or 1.0
    return np.subtract(*moments) / greatest
