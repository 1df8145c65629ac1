"""Who writes into the journal and dies at it? Children of this process, killed at random and begun anew.

    python -m chaos.writers '{"journal": "j.jsonl", "seed": 1, "count": 2}'

A child tells of each line that was taken, after the append returned; this process tells of each kill.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import Any

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import Journal
from chaos.places import ROTATE_BYTES
from chaos.record import saying

say = saying(1)


def write(path: str, seed: str) -> None:
    """Append for ever, and tell."""
    chance = random.Random(seed)
    fsync = chance.choice(("always", "interval", "never"))
    journal = Journal(path, fsync=fsync, rotate_bytes=ROTATE_BYTES)
    number = 0
    while True:
        number += 1
        try:
            done = journal.append("trace", {"number": number, "ballast": "x" * chance.randrange(1000)})
        except JournalError as exc:
            say("not written", writer=journal.writer, error=str(exc))
        else:
            say("written", id=done, writer=journal.writer, number=number)
        time.sleep(chance.uniform(0.0, 0.02))


def begin(orders: dict[str, Any], generation: int) -> int:
    """A new child."""
    child = os.fork()
    if child == 0:
        write(orders["journal"], f"{orders['seed']}/{generation}")
    return child


def main(orders: dict[str, Any]) -> None:
    """Kill and begin until SIGTERM."""
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: over.append(number))
    chance = random.Random(f"{orders['seed']}/kills")
    children = [begin(orders, number) for number in range(orders["count"])]
    generation = len(children)
    while not over:
        time.sleep(chance.uniform(0.02, 0.3))
        victim = children.pop(0)
        kill(victim)
        children.append(begin(orders, generation))
        generation += 1
    for child in children:
        kill(child)


def kill(child: int) -> None:
    """At once, wherever it is."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    say("killed", pid=child)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
