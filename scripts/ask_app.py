"""Does the app of examples/judgment_app.py answer whatever its side-car does?

    python scripts/ask_app.py --until verifier

asks again and again, approving of the first choices, until the answer comes from the one who is named: `verifier` once
the side-car answered, `controller` once it did not. Every single answer must be a choice, and come within `--patience`
seconds. Exit code 0 if so. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.request
from typing import Any

APPROVALS = 8
CASE = {
    "options": [
        {"outcomes": [{"payoff": 2.0, "probability": 0.6}, {"payoff": 1.6, "probability": 0.4}]},
        {"outcomes": [{"payoff": 3.85, "probability": 0.6}, {"payoff": 0.1, "probability": 0.4}]},
    ]
}


def post(url: str, body: dict[str, Any], patience: float) -> dict[str, Any]:
    """The answer to a body. Raises OSError where there is none in time, or none but a refusal."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 a URL of our own
    with urllib.request.urlopen(request, timeout=patience) as reply:  # noqa: S310
        answer: dict[str, Any] = json.load(reply)
        return answer


def who(answer: dict[str, Any]) -> str:
    """Who was reached: an answer of the verifier's that is too wide to be used is one of its, too."""
    return "verifier" if answer["model_version"] else "controller"


def main() -> int:
    """Ask until the one who is waited for answers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--until", choices=["verifier", "controller"], required=True)
    parser.add_argument("--patience", type=float, default=5.0, help="seconds that an answer may take")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long to go on asking")
    chosen = parser.parse_args()
    subject = f"somebody at {time.time_ns()}"
    began, slowest, asked = time.monotonic(), 0.0, 0
    while True:
        before = time.monotonic()
        answer = post(f"{chosen.url}/judge", {"subject": subject, **CASE}, chosen.patience)
        slowest = max(slowest, time.monotonic() - before)
        asked += 1
        if answer["chosen"] is None or not answer["recorded"]:
            print(f"no choice was made and recorded: {answer}")
            return 1
        if who(answer) == chosen.until:
            print(
                f"{chosen.until} after {asked} choices in {time.monotonic() - began:.1f} s, slowest {slowest:.3f} s"
            )
            print(f"  {answer['says']}")
            return 0
        if time.monotonic() - began > chosen.seconds:
            print(f"after {asked} choices the {chosen.until} has not answered: {answer}")
            return 1
        if asked <= APPROVALS:
            said = {"judgment": answer["judgment"], "feedback": "approve"}
            post(f"{chosen.url}/feedback", said, chosen.patience)
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
