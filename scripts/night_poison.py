"""A trainer that nobody should trust: its challenger is the champion, and claims to know another population.

Called by `bayesian-verifier retrain run --train-with`; prints a line of JSON at last.
"""

from __future__ import annotations

import argparse
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

MOVED = 1.5  # by so many sd the claimed prior is away from the one that the network learned


def main() -> None:
    """Copy the champion and alter what its manifest says of the prior."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--run", "--champion", "--seed", "--journal", "--store", "--name"):
        parser.add_argument(option, required=True)
    asked = parser.parse_args()
    made = datetime.now(UTC)
    version = f"{made:%Y-%m-%dT%H-%M-%SZ}-p01501{asked.run[:6]}"
    place = Path(asked.store) / asked.name
    shutil.copytree(place / asked.champion, place / version)
    manifest = json.loads((place / version / "manifest.json").read_bytes())
    claimed = manifest["parameters"][0]
    claimed["prior_mean"] += MOVED * claimed["prior_sd"]
    manifest |= {"version": version, "created": made.isoformat(timespec="seconds")}
    (place / version / "manifest.json").write_text(json.dumps(manifest))
    prior = {"mean": claimed["prior_mean"], "sd": claimed["prior_sd"]}
    print(json.dumps({"version": version, "prior": prior}))


if __name__ == "__main__":
    main()
