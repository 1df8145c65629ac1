"""What does an agent on an event loop look like, that decides for several people at once?

    python examples/async_agent.py [http://127.0.0.1:8080]

Each person is offered a sure amount against a gamble, again and again, and says whether they would have chosen so.
Nobody waits for anybody else, nor for the verifier beyond its limit. Where no service answers, the controller does.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from bayesian_verifier.aio import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient

QUESTIONS = 12
#: Whoever is offered less for sure than this share of the gamble's mean takes the gamble.
PEOPLE = {"ada": 0.5, "ben": 0.8, "cleo": 1.1}


def offer(number: int) -> dict[str, object]:
    """A sure amount that goes up from question to question, against a coin toss for 100."""
    sure = 10 + 5 * number
    return {
        "options": [
            {"outcomes": [{"payoff": sure, "probability": 1}]},
            {"outcomes": [{"payoff": 100, "probability": 0.5}, {"payoff": 0, "probability": 0.5}]},
        ]
    }


def wanted(number: int, share: float) -> int:
    """Which option somebody wants: the sure one (0) once it is enough for them."""
    return 0 if 10 + 5 * number >= share * 50 else 1


async def decide_for(layer: JudgmentLayer, name: str, share: float) -> str:
    """All questions of one person; what is known of them in the end."""
    for number in range(QUESTIONS):
        decision = await layer.judge(offer(number), subject=name)
        said = "approve" if decision.chosen == wanted(number, share) else "reject"
        await layer.feedback(decision.id, said)
    known = await layer.assess(subject=name)
    because = "" if known.reason is None else f" ({known.reason})"
    return f"{name}: {known.mean:.2f} ± {known.sd:.2f}, by the {known.source}{because}"


async def main(url: str) -> None:
    """Three people at once, with a journal that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            VerifierClient(url) as client,
            JudgmentLayer(
                client, MetaJudgmentController(), Journal(Path(folder) / "judgments.jsonl")
            ) as layer,
        ):
            for line in await asyncio.gather(*(decide_for(layer, *one) for one in PEOPLE.items())):
                print(line)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"))
