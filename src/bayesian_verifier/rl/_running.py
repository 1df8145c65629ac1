"""How is an experiment carried out, so that it may be stopped and gone on with?

Each seed of each arm is one file of a table; what is there is not made again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.engine import LOCAL
from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl._arms import ARMS
from bayesian_verifier.rl._making import Maker
from bayesian_verifier.rl._rules import tried
from bayesian_verifier.rl._tables import write_table
from bayesian_verifier.rl._weights import policy_bytes, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._making import Columns
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
    engine: Engine = LOCAL,
) -> Iterator[Piece]:
    """Do the pieces, and name each as it is done and written down here.

    belief_of: makes the belief of a kind, `exact` or `served`; asked once for each kind that is needed, here or where
    the engine does the work: what it gives must not depend on that.
    """
    for number, carried in engine.results(_Carrying(experiment, belief_of), todo):
        piece = todo[number]
        if carried.policy:
            write_bytes(folder / "policies" / f"{piece.name}-{piece.seed}.npz", carried.policy)
        for table, columns in carried.tables.items():
            write_table(piece.file(folder, table), columns, experiment.hash)
        yield piece


class _Carried(NamedTuple):
    """What a piece comes to, ready to be sent and written."""

    tables: dict[str, Columns]
    policy: bytes


class _Carrying:
    """A pure function of a piece, for an engine; what it compiled for one serves the next."""

    def __init__(self, experiment: Experiment, belief_of: Callable[[str], Belief]) -> None:
        self._asked = (experiment, belief_of)
        self._maker = Maker(experiment, belief_of)

    def __reduce__(self) -> tuple[type[_Carrying], tuple[Experiment, Callable[[str], Belief]]]:
        """Without what is compiled: another process compiles its own."""
        return _Carrying, self._asked

    def __call__(self, piece: Piece) -> _Carried:
        """Learn, and be scored."""
        is_rule = piece.name in self._asked[0].rules
        made = self._maker.rule(piece.name) if is_rule else self._maker.arm(*piece)
        return _Carried(made.tables, policy_bytes(*made.policy) if made.policy else b"")
