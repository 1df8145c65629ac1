"""How is an experiment carried out, so that it may be stopped and gone on with?

Each seed of each arm is one file of a table; what is there is not made again.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._arms import ARMS
from bayesian_verifier.rl._making import Maker
from bayesian_verifier.rl._rules import tried
from bayesian_verifier.rl._tables import write_table
from bayesian_verifier.rl._weights import write_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._settings import Experiment


class Piece(NamedTuple):
    """One seed of an arm, or a rule, which has one."""

    name: str
    seed: int

    def file(self, folder: Path, table: str) -> Path:
        """Where its part of a table lies."""
        return folder / table / f"arm={self.name}" / f"seed={self.seed}.parquet"


def pieces(experiment: Experiment) -> list[Piece]:
    """All there is to do: rules first, which are quick, then the arms of most seeds, each seed of all of them."""
    learned = sorted(
        (-count, seed, place, arm)
        for place, (arm, count) in enumerate(experiment.arms.items())
        for seed in range(count)
    )
    return [
        *(Piece(rule, 0) for rule in experiment.rules),
        *(Piece(arm, seed) for _, seed, _, arm in learned),
    ]


def tables_of(experiment: Experiment, name: str, seed: int) -> list[str]:
    """Which tables there have to be of a piece."""
    explained = name in experiment.explained.arms
    if name in experiment.rules:
        chosen = len(tried(name, experiment.of_episodes)) > 1
        return ["episodes", *["probes"] * explained, *["forms"] * chosen]
    explained = explained and seed < experiment.explained.seeds
    reads = explained and ARMS[name].needs_belief
    return ["episodes", "curves", *["probes"] * explained, *["decisions"] * reads]


def begin(experiment: Experiment, folder: Path) -> list[Piece]:
    """What is left to do in a folder, where the experiment is written down first.

    Raises SettingsError where the folder holds another experiment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "experiment.json"
    written = {"hash": experiment.hash, "experiment": experiment.model_dump(mode="json")}
    if note.exists():
        there = json.loads(note.read_text("utf-8"))
        if there.get("hash") != experiment.hash:
            raise SettingsError(f"{folder} holds results of another experiment (hash {there.get('hash')})")
    else:
        note.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    return [
        piece
        for piece in pieces(experiment)
        if not all(piece.file(folder, table).exists() for table in tables_of(experiment, *piece))
    ]


def carry_out(
    experiment: Experiment,
    belief_of: Callable[[str], Belief],
    todo: list[Piece],
    folder: Path,
    *,
    workers: int = 1,
) -> Iterator[Piece]:
    """Do the pieces in this order, so many at a time, and name each as it is done.

    belief_of: makes the belief of a kind, `exact` or `served`; asked once for each kind that is needed.
    """
    maker = Maker(experiment, belief_of)

    def do(piece: Piece) -> Piece:
        made = maker.rule(piece.name) if piece.name in experiment.rules else maker.arm(*piece)
        if made.policy:
            write_policy(folder / "policies" / f"{piece.name}-{piece.seed}.npz", *made.policy)
        for table, columns in made.tables.items():
            write_table(piece.file(folder, table), columns, experiment.hash)
        return piece

    # what is compiled runs without the interpreter's lock
    pool = ThreadPoolExecutor(workers)
    try:
        for done in as_completed([pool.submit(do, piece) for piece in todo]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)
