"""An executor that is a process of its own: it tosses coins. See docs/simulators.md, "A process in any language"."""

import json
import random
import sys

for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "describe":
        said = {"name": "coins", "plans": ["sure", "risky"]}
    elif asked["do"] == "run":
        won = random.Random(asked["seed"]).choice([True, False])
        said = {"payoff": 1.0 if asked["plan"] == "sure" else 3.0 * won}
    else:
        said = {"error": f"cannot {asked['do']}"}
    print(json.dumps({"v": 1, **said}), flush=True)
