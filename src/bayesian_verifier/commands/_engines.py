"""Where is a long piece of work done: in this process, or on a Ray cluster?"""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.engine import Engine

_RAY_ALONE = "With --engine ray and no --address: how many processes; one a core unless given."
_ALSO_HERE = "How many at a time: threads here (1 unless given), processes of --engine ray (one a core)."


class Place(NamedTuple):
    """What a caller said of where it is to be done."""

    engine: str
    address: str | None
    workers: int | None

    @contextmanager
    def entered(self) -> Iterator[Engine]:
        """The engine, for a block. Raises BusyError where the cluster cannot be had."""
        from bayesian_verifier.engine import LocalEngine, RayEngine

        if self.engine == "local":
            yield LocalEngine(threads=self.workers or 1)
            return
        # Ray prints what becomes of its workers to standard output, where results belong
        with redirect_stdout(sys.stderr), RayEngine(self.address, workers=self.workers) as engine:
            yield engine


def with_engine(*, threads: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Options of a command that say where; it gets a Place by the name of `place`.

    threads: whether its work may be done by several threads of this process.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--engine",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Where it is done. The results are the same.",
        )
        @click.option(
            "--address", help="With --engine ray: a cluster that is there, instead of one started here."
        )
        @click.option("--workers", type=click.IntRange(1, 1024), help=_ALSO_HERE if threads else _RAY_ALONE)
        @wraps(command)
        def placed(*, engine: str, address: str | None, workers: int | None, **asked: object) -> None:
            place = Place(engine, address, workers)
            _check(place, threads=threads)
            command(place=place, **asked)

        return placed

    return decorate


def _check(place: Place, *, threads: bool) -> None:
    """Raise UsageError for an option that says nothing."""
    if place.engine == "local" and place.address:
        raise click.UsageError("--address is for --engine ray")
    if place.engine == "local" and place.workers and not threads:
        raise click.UsageError("--workers is for --engine ray")
    if place.address and place.workers:
        raise click.UsageError("--workers is for a cluster that is started here, not one at --address")
