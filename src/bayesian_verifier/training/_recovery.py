"""How well are people's parameters found again, where no exact posterior can say how well they could be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.training._sets import ANSWERS

if TYPE_CHECKING:
    from bayesian_verifier.training._drawn import People
    from bayesian_verifier.training._network import Network

#: judgments of each person
JUDGMENTS = 128


def recovery(network: Network, people: People, count: int, seed: int) -> dict[str, Any]:
    """Correlation of posterior means with the truth, on the link scale, by parameter, over `count` people.

    Answers of each kind in turn.   rms: of mean less truth.   sd: mean posterior sd.
    """
    drawn = [
        people.person(np.random.default_rng([seed, 5, i]), JUDGMENTS, ANSWERS[i % len(ANSWERS)])
        for i in range(count)
    ]
    said = network.ask([person.evidence for person in drawn])
    share = network.points.share
    means = np.stack([share @ one.theta for one in said])
    sds = np.stack([np.sqrt(share @ (one.theta - mean) ** 2) for one, mean in zip(said, means, strict=True)])
    truth = np.stack([person.theta for person in drawn])
    figures: dict[str, Any] = {"judgments": JUDGMENTS, "people": count}
    for i, parameter in enumerate(network.simulator.parameters):
        figures[parameter.name] = {
            "correlation": float(np.corrcoef(means[:, i], truth[:, i])[0, 1]),
            "rms": float(np.sqrt(((means[:, i] - truth[:, i]) ** 2).mean())),
            "sd": float(sds[:, i].mean()),
        }
    return figures
